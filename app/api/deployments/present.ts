import type { DeploymentView } from '../../../src/contract/schemas.js';
import type { Deployment } from '../../../src/deployments/model.js';
import { isoOrNull } from '../environments/present.js';

export function presentDeployment(deployment: Deployment): DeploymentView {
  const { id, environmentId, status, generation, sha, url, commitUrl, logsUrl, target } = deployment;
  const { branch, commitMessage, author, creator, stages, error, logTail, run } = deployment;
  return {
    id,
    environmentId,
    status,
    generation,
    sha,
    url,
    commitUrl,
    logsUrl,
    target,
    branch,
    commitMessage,
    author,
    creator,
    stages: stages.map((stage) => ({
      ...stage,
      startedAt: isoOrNull(stage.startedAt),
      completedAt: isoOrNull(stage.completedAt),
    })),
    error,
    logTail: [...logTail],
    run: run && { id: run.id, attempt: run.attempt, job: run.job },
    createdAt: deployment.createdAt.toISOString(),
    startedAt: isoOrNull(deployment.startedAt),
    completedAt: isoOrNull(deployment.completedAt),
    durationSeconds: durationOf(deployment),
  };
}

function durationOf({ startedAt, completedAt }: Deployment): number | null {
  return startedAt && completedAt ? (completedAt.getTime() - startedAt.getTime()) / 1000 : null;
}
