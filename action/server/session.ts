import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Client } from '../../src/contract/client.js';
import type { StartDeploymentAnswer } from '../../src/contract/deployments.js';
import { appendLogs } from '../../src/contract/logs.js';
import { whyNotHidden } from '../../src/shared/redact/forms.js';
import { createRedactor } from '../../src/shared/redact/redact.js';
import type { World } from '../http/world.js';
import type { Inputs } from '../inputs/inputs.js';
import { command, inert, maskCommands } from '../runner/commands.js';
import type { Context } from '../runner/context.js';
import type { Job } from '../stages/job.js';
import { createStageLog, type StageLog } from '../stages/stage-log.js';
import { type Connection, isSuperseded } from './connection.js';
import type { Identity } from './identity.js';
import { createLogs, type Logs } from './logs.js';
import { createProgress, type Progress } from './progress.js';
import { messageOf } from '../../src/shared/errors.js';

export interface DeploymentInput {
  readonly world: World;
  readonly inputs: Inputs;
  readonly context: Context;
  readonly connection: Connection;
  readonly identity: Identity;
  readonly serverUrl: string;
  readonly signal: AbortSignal;
  /** Aborted when the server ends the deployment, and at the end of the run. */
  readonly ending: AbortController;
  readonly answer: Started;
}

/** A running deployment, with everything that reports its progress. */
export interface Session extends DeploymentInput {
  readonly client: Client;
  readonly stageLog: StageLog;
  readonly redact: (text: string) => string;
  readonly progress: Progress;
  readonly logs: Logs;
}

export function openSession(input: DeploymentInput): Session {
  const { world, connection, signal, answer, inputs } = input;
  const { id, generation } = answer.deployment;
  const { secrets } = answer.plan;
  // Before anything else is printed.
  for (const line of maskCommands(Object.values(secrets))) world.print(line);
  const client = connection.client({
    what: 'Reporting to the server',
    budgetMs: inputs.waitTimeoutMs,
    signal,
  });
  const onFailure = failureHandler(input);
  const logs = createLogs({
    send: (batch) => client(appendLogs, { params: { id }, body: batch }),
    signal,
    onFailure,
  });
  const { redact } = createRedactor(secretsOf(input));
  for (const warning of weakSecrets({ ...secrets, ...inputs.secrets, ...inputs.buildSecrets }))
    world.print(command('warning', warning, { title: 'A secret is not hidden' }));
  const stageLog = createStageLog({
    world,
    redact,
    newToken: () => randomBytes(16).toString('hex'),
    root: input.context.workspace,
    onLine: (line) => logs.add(line),
  });
  const progress = createProgress({ client, id, generation, now: world.now, signal, onFailure });
  return { ...input, client, stageLog, redact, progress, logs };
}

/** Handles a report that failed: the run goes on, unless the server ended the deployment. */
function failureHandler({ world, signal, ending }: DeploymentInput): (error: unknown, lost?: number) => void {
  return (error, lost = 0) => {
    if (isSuperseded(error)) ending.abort(error);
    if (signal.aborted) return;
    const reason = messageOf(error);
    const lostLines = lost > 0 ? ` ${String(lost)} log lines are only in this log.` : '';
    world.print(inert(`A report did not reach the server: ${reason}${lostLines}`));
  };
}

/** The values to redact: those of the server and the inputs, and tokens that a build could read from the memory of this process. */
function secretsOf({ inputs, answer, world }: DeploymentInput): string[] {
  const runner = ['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_RUNTIME_TOKEN'].map((name) => world.env[name]);
  const given = [answer.plan.secrets, inputs.secrets, inputs.buildSecrets].flatMap(Object.values<string>);
  const passwords = inputs.registryAuth.map(({ password }) => password);
  const all = [...given, ...passwords, inputs.githubToken, answer.token, answer.bypassToken, ...runner];
  return all.filter((secret): secret is string => Boolean(secret));
}

export function jobOf({ world, inputs, context, answer, stageLog, redact, signal }: Session): Job {
  const { workspace } = context;
  const directory = resolve(workspace, inputs.workingDirectory ?? answer.plan.workingDirectory);
  return {
    world,
    inputs,
    plan: answer.plan,
    workspace,
    directory,
    variables: answer.plan.variables,
    log: stageLog.log,
    output: stageLog.output,
    redact,
    signal,
  };
}

/** Warnings about secrets that cannot be redacted. They contain the name, never the value. */
function weakSecrets(secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets).flatMap(([name, value]) => {
    const why = value === '' ? undefined : whyNotHidden(value);
    return why ? [`${name} ${why} and is not hidden in logs; choose a longer one.`] : [];
  });
}

/** The server's answer when the deployment may proceed. */
export type Started = Extract<StartDeploymentAnswer, { proceed: true }>;
