import { isActive, neverDeployed, type Environment } from '../environments/model.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import { ENVIRONMENT } from '../shared/status/environment.js';
import { CHECK, CONCLUSION, type GitHubWords } from '../shared/status/github.js';
import { E } from '../shared/status/words.js';
import type { Deployment } from './model.js';

/** The words for the newest commit: its deployment's, or why there is none. */
export function wordsFor(environment: Environment, deployment: Deployment | null): GitHubWords {
  if (!isActive(environment)) return ENVIRONMENT[environment.status].github;
  const action = environment.decision?.action;
  if (action === 'skip')
    return { ...ENVIRONMENT.destroyed.github, check: CHECK.completed, conclusion: CONCLUSION.neutral };
  if (action === 'hold') return ENVIRONMENT.awaiting_approval.github;
  return deployment ? DEPLOYMENT[deployment.status].github : ENVIRONMENT.pending.github;
}

/** The same in a few words for a person. */
export function titleFor(environment: Environment, deployment: Deployment | null): string {
  const { decision } = environment;
  if (environment.status === E.destroyed && neverDeployed(environment)) return 'There was no preview';
  if (!isActive(environment)) return ENVIRONMENT[environment.status].text.label;
  if (decision && decision.action !== 'deploy') return decision.detail;
  return deployment ? DEPLOYMENT[deployment.status].text.label : ENVIRONMENT.pending.text.label;
}
