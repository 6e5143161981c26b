import { pendingStages, type Deployment } from '../domain/deployment.js';
import { isActive, type Environment, type Head } from '../domain/environment.js';
import { D, nextDeployment } from '../domain/lifecycle.js';
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
  if (!stored) return fresh(environment, head);
  if (stored.run !== null || stored.generation >= environment.generation) return stored;
  const status = nextDeployment(stored.status, 'revive') ?? stored.status;
  return { ...stored, status, error: null, completedAt: null, stages: pendingStages(), logTail: [] };
}

interface Coming {
  readonly environment: Environment;
  readonly head: Head;
  readonly stored: Deployment | null;
}

function fresh(environment: Environment, { deploymentId, sha, at }: Head): Deployment {
  const { id: environmentId, projectId, repoId, generation, pullRequest, current, name } = environment;
  return {
    id: deploymentId,
    environmentId,
    projectId,
    repoId,
    generation,
    sha,
    run: null,
    status: D.queued,
    stages: pendingStages(),
    branch: pullRequest?.head.ref ?? name,
    commitMessage: pullRequest?.commitMessage ?? null,
    author: pullRequest?.author.login ?? null,
    creator: 'webhook',
    previousDeploymentId: current?.deploymentId ?? null,
    ...NOTHING_YET,
    createdAt: at,
    updatedAt: at,
  };
}

const NOTHING_YET = {
  target: null,
  url: null,
  commitUrl: null,
  logsUrl: null,
  artifactRoot: null,
  error: null,
  logTail: [],
  production: false,
  rollback: false,
  startedAt: null,
  completedAt: null,
  deletedAt: null,
} as const;
