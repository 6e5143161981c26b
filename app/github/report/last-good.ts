import type { Deployment } from '../../../src/deployments/model.js';
import { isActive, type Environment } from '../../../src/environments/model.js';
import { showTime } from '../../../src/shared/time.js';
import { commitRef, type CommitRef } from './phrases.js';

export interface LastGood {
  readonly url: string;
  readonly commit: CommitRef;
  readonly at: string;
}

/** What visitors still see while the newest commit is not live: an older one. */
export function lastGoodOf(environment: Environment, deployment: Deployment | null): LastGood | null {
  const { current, head } = environment;
  if (!current || !isActive(environment)) return null;
  if (current.sha === head?.sha && (deployment === null || current.deploymentId === deployment.id))
    return null;
  return { url: current.url, commit: commitRef(environment, current.sha), at: showTime(current.at) };
}
