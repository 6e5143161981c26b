import { type Environment, isActive, neverDeployed } from '../environments/model.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import { ENVIRONMENT } from '../shared/status/environment.js';
import { CHECK, CONCLUSION, type GitHubWords } from '../shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../shared/status/words.js';
import type { Deployment } from './model.js';

/** What a reader must be told about one project of a pull request: one of a few stories, each with its own sentence. */
export type Story =
  | 'waiting'
  | 'building'
  | 'renewing'
  | 'live'
  | 'broken'
  | 'stopped'
  | 'overtaken'
  | 'held'
  | 'declined'
  | 'leaving'
  | 'over'
  | 'unseen';

export interface Situation {
  readonly story: Story;
  readonly emoji: string;
  readonly label: string;
}

const DECLINED = { emoji: '➖', label: 'No preview' };

export function situationOf(environment: Environment, deployment: Deployment | null): Situation {
  if (environment.status === ENVIRONMENT_STATUS.destroyed && neverDeployed(environment))
    return { story: 'unseen', ...DECLINED };
  if (!isActive(environment)) {
    return {
      story: environment.status === ENVIRONMENT_STATUS.destroyed ? 'over' : 'leaving',
      ...ENVIRONMENT[environment.status].text,
    };
  }
  const action = environment.decision?.action;
  if (action === 'skip') return { story: 'declined', ...DECLINED };
  if (action === 'hold') return { story: 'held', ...ENVIRONMENT.awaiting_approval.text };
  if (!deployment) return { story: 'waiting', ...ENVIRONMENT.pending.text };
  if (deployment.status === DEPLOYMENT_STATUS.running && environment.current) {
    return { story: 'renewing', ...ENVIRONMENT.updating.text };
  }
  const asleep =
    deployment.status === DEPLOYMENT_STATUS.success && environment.status === ENVIRONMENT_STATUS.sleeping;
  const text = asleep ? ENVIRONMENT.sleeping.text : DEPLOYMENT[deployment.status].text;
  return { story: STORIES[deployment.status], ...text };
}

const STORIES: Readonly<Record<Deployment['status'], Story>> = {
  [DEPLOYMENT_STATUS.queued]: 'waiting',
  [DEPLOYMENT_STATUS.running]: 'building',
  [DEPLOYMENT_STATUS.success]: 'live',
  [DEPLOYMENT_STATUS.failed]: 'broken',
  [DEPLOYMENT_STATUS.cancelled]: 'stopped',
  [DEPLOYMENT_STATUS.superseded]: 'overtaken',
};

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
  if (environment.status === ENVIRONMENT_STATUS.destroyed && neverDeployed(environment))
    return 'There was no preview';
  if (!isActive(environment)) return ENVIRONMENT[environment.status].text.label;
  if (decision && decision.action !== 'deploy') return decision.detail;
  return deployment ? DEPLOYMENT[deployment.status].text.label : ENVIRONMENT.pending.text.label;
}
