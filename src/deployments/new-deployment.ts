import type { Environment, Head } from '../environments/model.js';
import { D } from '../shared/status/words.js';
import { pendingStages, type Deployment } from './model.js';

/** What is known of a deployment before anything has happened to it. */
export type NewDeployment = Pick<
  Deployment,
  | 'id'
  | 'environmentId'
  | 'projectId'
  | 'repoId'
  | 'generation'
  | 'sha'
  | 'run'
  | 'branch'
  | 'commitMessage'
  | 'author'
  | 'creator'
  | 'previousDeploymentId'
>;

/** The one that the newest commit of an environment waits for. No run has taken it on. */
export function deploymentOfHead(environment: Environment, { deploymentId, sha }: Head): NewDeployment {
  const { id: environmentId, projectId, repoId, generation, pullRequest, current, name } = environment;
  return {
    id: deploymentId,
    environmentId,
    projectId,
    repoId,
    generation,
    sha,
    run: null,
    branch: pullRequest?.head.ref ?? name,
    commitMessage: pullRequest?.commitMessage ?? null,
    author: pullRequest?.author.login ?? null,
    creator: 'webhook',
    previousDeploymentId: current?.deploymentId ?? null,
  };
}

export function freshDeployment(known: NewDeployment, at: Date): Deployment {
  return {
    ...known,
    status: D.queued,
    stages: pendingStages(),
    target: null,
    url: null,
    commitUrl: null,
    logsUrl: null,
    artifactRoot: null,
    error: null,
    logTail: [],
    production: false,
    rollback: false,
    createdAt: at,
    startedAt: null,
    completedAt: null,
    updatedAt: at,
    deletedAt: null,
  };
}
