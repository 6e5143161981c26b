import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { createClient, type Client } from '../../src/contract/client.js';
import { finishRemoval, type RemovalView, startRemovals } from '../../src/contract/resources.js';
import { messageOf } from '../../src/shared/errors.js';
import { createRedactor } from '../../src/shared/redact/redact.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, STAGE_STATUS } from '../../src/shared/status/words.js';
import { commandVerbs, type CommandHandle } from '../../src/targets/command/command.js';
import { builtInVariables } from '../../src/variables/names.js';
import { ask } from '../http/ask.js';
import { retrying } from '../http/retry.js';
import type { World } from '../http/world.js';
import type { Inputs } from '../inputs/inputs.js';
import { type Result, resultOf } from '../result/result.js';
import { maskCommands } from '../runner/commands.js';
import type { Context } from '../runner/context.js';
import { createCommands } from '../stages/commands.js';
import { createStageLog, type StageLog } from '../stages/stage-log.js';
import { runOf } from './deploy-by-command.js';
import type { Identity } from './identity.js';

export interface RemovalInput {
  readonly inputs: Inputs;
  readonly context: Context;
  readonly identity: Identity;
  readonly serverUrl: string;
  readonly number: number;
  /** The pull request was closed. Otherwise only what a newer deployment replaced is removed. */
  readonly closed: boolean;
}

export interface Removed {
  readonly urls: readonly string[];
  readonly failures: readonly string[];
  /** So many are removed by another run at the moment. */
  readonly busy: number;
  /** The pull request still has a preview. */
  readonly live: boolean;
  readonly logTail: readonly string[];
}

/** Asks the server what only a workflow run can remove, removes one after the other, and reports each. */
export async function removeAll(world: World, input: RemovalInput): Promise<Removed> {
  const { inputs, context, number: pullRequest, closed } = input;
  const client = clientFor(world, input);
  const about = { pullRequest, run: context.run };
  const project = inputs.project === null ? {} : { project: inputs.project };
  const answer = await client(startRemovals, { body: { ...about, ...project, closed } });
  const values = answer.removals.flatMap(({ secrets }) => Object.values(secrets));
  for (const line of maskCommands(values)) world.print(line);
  const redact = redactorOf(input, values);
  const stageLog = logOf(world, { ...input, redact });
  const urls: string[] = [];
  const failures: string[] = [];
  for (const removal of answer.removals) {
    const error = await removeOne(world, { ...input, stageLog, redact, removal });
    const body = { ...about, error, ...(context.logsUrl === '' ? {} : { logsUrl: context.logsUrl }) };
    await client(finishRemoval, { params: { id: removal.id }, body });
    if (error === null) urls.push(removal.url ?? removal.environment.namespace);
    else failures.push(error);
  }
  return { urls, failures, busy: answer.busy, live: answer.live, logTail: stageLog.tail() };
}

/** Each call proves the run anew: a command may take longer than a token lives. */
function clientFor(world: World, { identity, serverUrl, inputs }: RemovalInput): Client {
  const policy = { what: 'Asking the server', budgetMs: inputs.waitTimeoutMs, signal: world.stopped };
  return createClient({
    token: () => 'an identity token a request',
    send: ({ method, path, contentType, body }) =>
      retrying(world, {
        ...policy,
        attempt: async () => {
          const authorization = `Bearer ${await identity.token(policy.signal)}`;
          return ask(world, {
            method,
            url: `${serverUrl}${path}`,
            headers: { authorization, ...(contentType !== undefined && { 'content-type': contentType }) },
            ...(body && { body }),
            signal: policy.signal,
            remedy: 'Is the input "server-url" the address of a Vitrine server?',
          });
        },
      }),
  });
}

type Redact = (text: string) => string;

function redactorOf({ inputs }: RemovalInput, values: readonly string[]): Redact {
  const { secrets, githubToken } = inputs;
  return createRedactor([...values, ...Object.values({ ...secrets, githubToken })].filter(Boolean)).redact;
}

function logOf(world: World, { context, redact }: RemovalInput & { readonly redact: Redact }): StageLog {
  return createStageLog({
    world,
    redact,
    newToken: () => randomBytes(16).toString('hex'),
    root: context.workspace,
    onLine: () => undefined,
  });
}

interface OneRemoval extends RemovalInput {
  readonly stageLog: StageLog;
  readonly redact: Redact;
  readonly removal: RemovalView;
}

/** Resolves to the reason why it is still there; null when it is gone. */
async function removeOne(world: World, input: OneRemoval): Promise<string | null> {
  const { inputs, context, stageLog, redact, removal } = input;
  const directory = resolve(context.workspace, inputs.workingDirectory ?? '.');
  const stored = { ...removal.variables, ...variablesOf(input), ...removal.secrets };
  const { log, output } = stageLog;
  const job = { world, directory, log, output, redact, signal: world.stopped };
  const commands = createCommands(job, {
    deployCommand: null,
    destroyCommand: inputs.destroyCommand,
    health: { healthPath: '/' },
    variables: { ...stored, ...inputs.env, ...inputs.secrets },
  });
  const journal = {
    announce: never,
    record: never,
    withdraw: never,
    // The server has given it to this run, and hears below how it ended.
    claim: async () => true,
    forget: async () => undefined,
  };
  const close = stageLog.open(`removing ${removal.url ?? removal.environment.namespace}`);
  try {
    await commandVerbs({ commands, journal }).destroy(handleOf(removal), runOf(job, world.stopped));
    return null;
  } catch (error) {
    world.stopped.throwIfAborted();
    const reason = redact(messageOf(error)).slice(0, 4_000);
    stageLog.log(reason, 'error');
    return reason;
  } finally {
    close();
  }
}

async function never(): Promise<never> {
  throw new Error('A run that removes does not deploy.');
}

/** The run that deployed may have died before it said what it made: then the name is all that is known. */
function handleOf({ handle, environment, generation, url }: RemovalView): CommandHandle {
  if (handle !== null) return handle as CommandHandle;
  return { slug: environment.namespace, generation, url: url ?? '', healthPath: '/', handle: null };
}

function variablesOf({ removal, context, number }: OneRemoval): Record<string, string> {
  const { environment, project } = removal;
  return builtInVariables({
    url: environment.url,
    environment: environment.name,
    project,
    sha: environment.currentCommit ?? environment.commit ?? '',
    branch: environment.pullRequest?.branch ?? '',
    pullRequest: { number, baseBranch: context.pullRequest?.baseBranch ?? '' },
  });
}

/** The result of a run that only removes. */
export function resultOfRemovals({ urls, failures, busy, live, logTail }: Removed): Result {
  const [first] = failures;
  if (first !== undefined)
    return resultOf({
      status: DEPLOYMENT_STATUS.failed,
      reason: `${first} The preview waits until a run of the destroy command succeeds: mend it and re-run this job.`,
      logTail,
    });
  if (busy > 0)
    return resultOf({
      status: STAGE_STATUS.skipped,
      reason: 'Another workflow run removes the preview at the moment.',
    });
  if (live && urls.length === 0)
    return resultOf({
      status: STAGE_STATUS.skipped,
      reason: 'The pull request has a preview, and nothing of it has to be removed.',
    });
  const reason = urls.length === 0 ? 'Nothing was left to remove.' : '';
  return resultOf({ status: ENVIRONMENT_STATUS.destroyed, reason });
}
