import type { StartDeploymentAnswer } from '../../src/contract/deployments.js';
import { isVitrineError } from '../../src/shared/errors.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, STAGE_STATUS } from '../../src/shared/status/words.js';
import { isLoopback } from '../http/connection.js';
import type { World } from '../http/world.js';
import type { Inputs } from '../inputs/inputs.js';
import { resultOf, type Result } from '../result/result.js';
import { command } from '../runner/commands.js';
import type { Context, PullRequest } from '../runner/context.js';
import { createConnection, isOvertaken } from './connection.js';
import type { Identity } from './identity.js';
import { factsOf, runDeployment } from './run-deployment.js';
import type { Started } from './session.js';

export interface ServerInput {
  readonly inputs: Inputs;
  readonly context: Context;
  readonly pullRequest: PullRequest;
  readonly serverUrl: string;
  readonly identity: Identity;
}

/** The first way: the server owns the report, this run builds and tells it how far it is. */
export async function runWithServer(world: World, input: ServerInput): Promise<Result> {
  warnOfPlainText(world, input.serverUrl);
  const ending = new AbortController();
  const signal = AbortSignal.any([world.stopped, ending.signal]);
  const connection = createConnection(world, {
    identity: input.identity,
    serverUrl: input.serverUrl,
    body: startBody(input),
    policy: { what: 'Starting the deployment', budgetMs: input.inputs.waitTimeoutMs, signal },
  });
  try {
    const answer = await connection.start();
    if (!answer.proceed) return declined(answer);
    if (input.inputs.action === 'resolve') return resolved(answer, answer.environment.status);
    if (answer.deployment.completedAt !== null) return resolved(answer, answer.deployment.status);
    return await runDeployment({
      world,
      inputs: input.inputs,
      context: input.context,
      connection,
      signal,
      ending,
      answer,
    });
  } catch (error) {
    if (isOvertaken(error))
      return resultOf({
        status: DEPLOYMENT_STATUS.superseded,
        reason: error.message,
        sha: input.pullRequest.sha,
      });
    if (world.stopped.aborted)
      return resultOf({ status: DEPLOYMENT_STATUS.cancelled, reason: 'The run was cancelled.' });
    if (!isVitrineError(error) || error.code === 'unavailable') throw error;
    return resultOf({ status: DEPLOYMENT_STATUS.failed, reason: error.message, sha: input.pullRequest.sha });
  }
}

function startBody({ inputs, context, pullRequest }: ServerInput) {
  const project = inputs.project === null ? {} : { project: inputs.project };
  return {
    sha: pullRequest.sha,
    pullRequest: pullRequest.number,
    run: context.run,
    logsUrl: context.logsUrl,
    ...project,
  };
}

/** The rules of the repository say no, or not yet. That is no failure. Where there is no page, no address is given. */
function declined({ environment, decision }: Extract<StartDeploymentAnswer, { proceed: false }>): Result {
  return resultOf({
    status:
      environment?.status === ENVIRONMENT_STATUS.awaitingApproval
        ? ENVIRONMENT_STATUS.awaitingApproval
        : STAGE_STATUS.skipped,
    reason: decision.detail,
    url: environment?.live ? environment.url : '',
    environment: environment?.name ?? '',
    live: false,
    expiresAt: environment?.expiresAt ?? '',
  });
}

/** Nothing to do: the addresses are known, or an earlier step of this job has done it. */
function resolved(answer: Started, status: string): Result {
  return resultOf({
    status,
    reason: answer.deployment.error ?? '',
    ...factsOf(answer),
    stages: answer.deployment.stages,
  });
}

function warnOfPlainText({ print }: World, serverUrl: string): void {
  const { protocol, hostname } = new URL(serverUrl);
  if (protocol === 'https:' || isLoopback(hostname)) return;
  const text = `${serverUrl} is not https: whoever is on the way can read the identity of this run, and deploy with it.`;
  print(command('warning', text, { title: 'The server is asked in plain text' }));
}
