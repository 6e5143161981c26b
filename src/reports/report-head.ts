import { type Deployment, deploymentOfHead, freshDeployment, waitingAgain } from '../deployments/model.js';
import { isActive, type Environment, type Head } from '../environments/model.js';
import { nextDeployment } from '../shared/status/deployment.js';
import type { Lookup } from './report-lookup.js';

/** The deployment of the newest commit, as it is or as it is about to be. */
export async function headDeployment(lookup: Lookup, environment: Environment): Promise<Deployment | null> {
  const { head } = environment;
  if (!head) return null;
  const stored = await lookup(head.deploymentId);
  const known = comes(environment) ? coming({ environment, head, stored }) : stored;
  // Counted from the commit, so that a report says the same before and after the document is there.
  return known && { ...known, createdAt: head.at };
}

function comes(environment: Environment): boolean {
  return isActive(environment) && environment.decision?.action === 'deploy';
}

/**
 * An environment names the deployment of its head before that document is written, or revived after a reopening. A report that
 * comes in between says what will be there, or nobody would correct it.
 */
function coming({ environment, head, stored }: Coming): Deployment {
  if (!stored) return freshDeployment(deploymentOfHead(environment, head), head.at);
  if (stored.run !== null || stored.generation >= environment.generation) return stored;
  const status = nextDeployment(stored.status, 'revive') ?? stored.status;
  return { ...stored, ...waitingAgain(), status };
}

interface Coming {
  readonly environment: Environment;
  readonly head: Head;
  readonly stored: Deployment | null;
}
