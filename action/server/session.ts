import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Client } from '../../src/contract/client.js';
import { appendLogs, type StartDeploymentAnswer } from '../../src/contract/deployments.js';
import { whyNotHidden } from '../../src/shared/redact/forms.js';
import { createRedactor } from '../../src/shared/redact/redact.js';
import type { World } from '../http/world.js';
import type { Inputs } from '../inputs/inputs.js';
import { command, inert } from '../runner/commands.js';
import type { Context } from '../runner/context.js';
import type { Job } from '../stages/job.js';
import { createJournal, type Journal } from '../stages/journal.js';
import { type Connection, isOvertaken } from './connection.js';
import { createLogs, type Logs } from './logs.js';
import { createProgress, type Progress } from './progress.js';
import { messageOf } from '../../src/shared/errors.js';

export interface DeploymentInput {
  readonly world: World;
  readonly inputs: Inputs;
  readonly context: Context;
  readonly connection: Connection;
  readonly signal: AbortSignal;
  /** Aborted when the run is overtaken, and when it is over. */
  readonly ending: AbortController;
  readonly answer: Started;
}

/** Everything by which a run tells how far it is. */
export interface Session extends DeploymentInput {
  readonly client: Client;
  readonly journal: Journal;
  readonly redact: (text: string) => string;
  readonly progress: Progress;
  readonly logs: Logs;
}

export function openSession(input: DeploymentInput): Session {
  const { world, connection, signal, answer, inputs } = input;
  const { id, generation } = answer.deployment;
  const client = connection.client({
    what: 'Reporting to the server',
    budgetMs: inputs.waitTimeoutMs,
    signal,
  });
  const onFailure = toldFailures(input);
  const logs = createLogs({
    send: (batch) => client(appendLogs, { params: { id }, body: batch }),
    signal,
    onFailure,
  });
  const { redact } = createRedactor(secretsOf(input));
  for (const warning of weakSecrets(inputs.secrets))
    world.print(command('warning', warning, { title: 'A secret is not hidden' }));
  const journal = createJournal({
    world,
    redact,
    newToken: () => randomBytes(16).toString('hex'),
    onLine: (line) => logs.add(line),
  });
  const progress = createProgress({ client, id, generation, now: world.now, signal, onFailure });
  return { ...input, client, journal, redact, progress, logs };
}

/** A report that did not arrive ends nothing, unless the server said that this run is not wanted any more. */
function toldFailures({ world, signal, ending }: DeploymentInput): (error: unknown, lost?: number) => void {
  return (error, lost = 0) => {
    if (isOvertaken(error)) ending.abort(error);
    if (signal.aborted) return;
    const reason = messageOf(error);
    const only = lost > 0 ? ` ${String(lost)} lines of the log stand only here.` : '';
    world.print(inert(`A report did not reach the server: ${reason}${only}`));
  };
}

/** What must not be told: besides the inputs also what a build can find in the memory of this process. */
function secretsOf({ inputs, answer, world }: DeploymentInput): string[] {
  const runner = ['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_RUNTIME_TOKEN'].map((name) => world.env[name]);
  const all = [...Object.values(inputs.secrets), inputs.githubToken, answer.token, ...runner];
  return all.filter((secret): secret is string => Boolean(secret));
}

export function jobOf({ world, inputs, context, answer, journal, redact, signal }: Session): Job {
  const { workspace } = context;
  const directory = resolve(workspace, inputs.workingDirectory ?? answer.plan.workingDirectory);
  return {
    world,
    inputs,
    plan: answer.plan,
    workspace,
    directory,
    variables: answer.plan.variables,
    log: journal.log,
    redact,
    signal,
  };
}

/** Which secrets stay readable in the logs, and why. By name, never by value. */
function weakSecrets(secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets).flatMap(([name, value]) => {
    const why = value === '' ? undefined : whyNotHidden(value);
    return why ? [`${name} ${why} and is not hidden in logs; choose a longer one.`] : [];
  });
}

/** The server's yes. */
export type Started = Extract<StartDeploymentAnswer, { proceed: true }>;
