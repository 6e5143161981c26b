import type {
  deployments,
  DeploymentView,
  RecordProgressBody,
  StartDeploymentAnswer,
} from '../../src/contract/deployments.js';
import type { Deployment } from '../../src/deployments/model.js';
import { recordProgress as record } from '../../src/deployments/progress.js';
import type { Environment } from '../../src/environments/model.js';
import { startDeployment as start, type Started } from '../../src/runs/start.js';
import type { ReportRedactor } from '../../src/secrets/redact-lines.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Ports } from '../ports.js';
import { presentEnvironment } from './environments.js';
import { found, type Handlers, isoOrNull, pageOf } from './handler.js';

export const deploymentHandlers: Handlers<typeof deployments> = {
  async startDeployment(ports, { caller, body }) {
    if (caller.kind !== 'identity')
      throw new VitrineError('forbidden', "Only a workflow's identity can start a deployment.");
    return presentStarted(await start(ports, { identity: caller.identity, body }));
  },

  async getDeployment(ports, { params }) {
    return presentDeployment(found(await ports.deployments.get(params.id), 'deployment'));
  },

  async listEnvironmentDeployments(ports, { params, query }) {
    const { id } = found(await ports.environments.get(params.id), 'environment');
    const { items, nextCursor } = await ports.deployments.listOf(id, pageOf(query));
    return { items: items.map(presentDeployment), nextCursor };
  },

  async recordProgress(ports, { params, body }) {
    const { stages, ...rest } = withoutSecrets(body, await ports.redactionOf(params.id));
    const progress = { ...rest, stages: stages?.map(toStage) };
    const recorded = await record(ports, { deploymentId: params.id, body: progress });
    return {
      deployment: presentDeployment(recorded.deployment),
      environment: presentEnvironment(recorded.environment),
      live: recorded.live,
      leftovers: leftoversIn(ports, recorded.environment),
    };
  },
};

function leftoversIn({ targets }: Ports, { resources }: Environment): number {
  return resources.filter(({ doomed, target }) => doomed && targets.get(target)?.runsIn === 'ci').length;
}

/** The texts for people only: a word such as `failed` may be a secret too. */
function withoutSecrets(body: RecordProgressBody, { deep, lines }: ReportRedactor): RecordProgressBody {
  const { stages, outcome } = body;
  return {
    ...body,
    ...(stages && { stages: stages.map((stage) => ({ ...stage, error: deep(stage.error) })) }),
    ...(outcome && {
      outcome: {
        ...outcome,
        error: deep(outcome.error),
        logTail: [...lines(outcome.logTail)],
        ...(outcome.cause && { cause: deep(outcome.cause) }),
      },
    }),
  };
}

type StageGiven = NonNullable<RecordProgressBody['stages']>[number];

function toStage(stage: StageGiven) {
  return { ...stage, startedAt: dateOrNull(stage.startedAt), completedAt: dateOrNull(stage.completedAt) };
}

function dateOrNull(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}

function presentStarted(started: Started): StartDeploymentAnswer {
  if (!started.proceed) {
    const { action, rule, detail } = started.decision;
    const environment = started.environment && presentEnvironment(started.environment);
    return { proceed: false, environment, decision: { action, rule, detail } };
  }
  return {
    proceed: true,
    token: started.token,
    bypassToken: started.bypassToken,
    tokenExpiresAt: started.tokenExpiresAt.toISOString(),
    deployment: presentDeployment(started.deployment),
    environment: presentEnvironment(started.environment),
    plan: {
      ...started.plan,
      variables: { ...started.plan.variables },
      secrets: { ...started.plan.secrets },
    },
  };
}

export function presentDeployment(deployment: Deployment): DeploymentView {
  const { id, environmentId, status, generation, sha, url, commitUrl, logsUrl, target } = deployment;
  const { branch, commitMessage, author, creator, stages, error, logTail, cause, run } = deployment;
  return {
    id,
    environmentId,
    ...presentProvenance(deployment),
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
    cause: cause && { ...cause, excerpt: [...cause.excerpt] },
    run: run && { id: run.id, attempt: run.attempt, job: run.job },
    createdAt: deployment.createdAt.toISOString(),
    startedAt: isoOrNull(deployment.startedAt),
    completedAt: isoOrNull(deployment.completedAt),
    durationSeconds: durationOf(deployment),
  };
}

function presentProvenance(deployment: Deployment) {
  const { projectId, environment, pullRequest, triggeredBy, production, rollback, endedBy } = deployment;
  return {
    projectId,
    repositoryId: deployment.repoId,
    environment,
    pullRequest,
    commitTimestamp: isoOrNull(deployment.committedAt),
    triggeredBy,
    production,
    previousDeployment: deployment.previousDeploymentId,
    rollback,
    endedBy,
    updatedAt: isoOrNull(deployment.updatedAt),
    deletedAt: isoOrNull(deployment.deletedAt),
  };
}

function durationOf({ startedAt, completedAt }: Deployment): number | null {
  return startedAt && completedAt ? (completedAt.getTime() - startedAt.getTime()) / 1000 : null;
}
