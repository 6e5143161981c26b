import type { StartDeploymentAnswer } from '../../src/contract/deployments.js';
import { COMMAND_TARGET } from '../../src/targets/command/command.js';
import { isVitrineError } from '../../src/shared/errors.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, STAGE_STATUS } from '../../src/shared/status/words.js';
import { isLoopback } from '../http/connection.js';
import type { World } from '../http/world.js';
import type { Inputs } from '../inputs/inputs.js';
import { resultOf, type Result } from '../result/result.js';
import { command, maskCommands } from '../runner/commands.js';
import type { Context, PullRequest } from '../runner/context.js';
import { createConnection, isSuperseded } from './connection.js';
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

/** Deploys to the server. The server reports to GitHub; this run builds, uploads and reports its progress to the server. */
export async function runWithServer(world: World, input: ServerInput): Promise<Result> {
  warnAboutPlainHttp(world, input.serverUrl);
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
    if (!answer.proceed) return resultOfDecision(answer);
    hideBypassToken(world, answer);
    if (input.inputs.action === 'resolve') return existingResult(answer, answer.environment.status);
    if (answer.deployment.completedAt !== null) return existingResult(answer, answer.deployment.status);
    return await runDeployment({
      world,
      inputs: input.inputs,
      context: input.context,
      connection,
      identity: input.identity,
      serverUrl: input.serverUrl,
      signal,
      ending,
      answer,
    });
  } catch (error) {
    if (isSuperseded(error))
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

/** Before anything is printed, whatever the run does next. */
function hideBypassToken({ print }: World, { bypassToken }: Started): void {
  if (bypassToken !== null) for (const line of maskCommands([bypassToken])) print(line);
}

function startBody({ inputs, context, pullRequest }: ServerInput) {
  const project = inputs.project === null ? {} : { project: inputs.project };
  // The settings may name no target: the command asks for its own.
  const target = inputs.deployCommand === null ? {} : { target: COMMAND_TARGET };
  const names = Object.keys({ ...inputs.env, ...inputs.buildEnv, ...inputs.secrets, ...inputs.buildSecrets });
  return {
    sha: pullRequest.sha,
    pullRequest: pullRequest.number,
    run: context.run,
    logsUrl: context.logsUrl,
    ...project,
    ...target,
    // Names that the settings require may come from here.
    ...(names.length > 0 && { provides: names }),
  };
}

/** The rules skip this pull request, or it waits for approval. That is no failure. Without a page, the URL is empty. */
function resultOfDecision({
  environment,
  decision,
}: Extract<StartDeploymentAnswer, { proceed: false }>): Result {
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

/** Nothing to do: only the URLs are asked for, or an earlier step of this job has deployed. */
function existingResult(answer: Started, status: string): Result {
  return resultOf({
    status,
    reason: answer.deployment.error ?? '',
    ...factsOf(answer),
    stages: answer.deployment.stages,
    bypassToken: answer.bypassToken ?? '',
  });
}

function warnAboutPlainHttp({ print }: World, serverUrl: string): void {
  const { protocol, hostname } = new URL(serverUrl);
  if (protocol === 'https:' || isLoopback(hostname)) return;
  const text = `${serverUrl} is not https: anyone on the network path can read the identity token of this run and deploy with it.`;
  print(command('warning', text, { title: 'The connection to the server is not encrypted' }));
}
