import { pendingStages } from '../../src/domain/deployment.js';
import { D } from '../../src/domain/lifecycle.js';
import type { NewDeployment, StoredDeployment } from '../../src/ports.js';
import type { DeploymentDocument } from './models/deployment.js';

export type VisibleDeployment = Omit<DeploymentDocument, 'sha7'>;
export const WITHOUT_SHA7 = { sha7: 0 } as const;

export function toDeployment({ _id, ...rest }: VisibleDeployment): StoredDeployment {
  return { id: _id, ...rest };
}

export function orNull(document: VisibleDeployment | null): StoredDeployment | null {
  return document && toDeployment(document);
}

export function freshDeployment(fresh: NewDeployment, now: Date): DeploymentDocument {
  return {
    _id: fresh.id,
    version: 0,
    environmentId: fresh.environmentId,
    projectId: fresh.projectId,
    repoId: fresh.repoId,
    generation: fresh.generation,
    sha: fresh.sha,
    sha7: fresh.sha.slice(0, 7),
    run: fresh.run,
    status: D.queued,
    stages: pendingStages(),
    branch: fresh.branch,
    commitMessage: fresh.commitMessage,
    author: fresh.author,
    creator: fresh.creator,
    previousDeploymentId: fresh.previousDeploymentId,
    ...NOTHING_YET,
    createdAt: now,
    updatedAt: now,
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
};
