import { announceResource, recordResource, withdrawResource } from '../../src/contract/resources.js';
import { type HealthCheck, healthOf } from '../../src/shared/health.js';
import {
  type CommandHandle,
  type CommandJournal,
  commandVerbs,
  type Made,
} from '../../src/targets/command/command.js';
import type { Run } from '../../src/targets/target.js';
import { createCommands } from '../stages/commands.js';
import type { Job } from '../stages/job.js';
import type { Connection } from './connection.js';
import type { Started } from './session.js';

/** Where a deployment is that no target of the server made. */
export interface Link extends HealthCheck {
  readonly url: string;
}

interface CommandDeployment {
  readonly job: Job;
  readonly answer: Started;
  readonly connection: Connection;
  readonly signal: AbortSignal;
  readonly health: HealthCheck;
}

/**
 * Deploys by the command of the workflow. With a destroy command the server keeps what the command made, so that it is removed one day.
 * Without one, it is a URL that an own step deployed, and nothing more.
 */
export async function deployByCommand(input: CommandDeployment): Promise<Link> {
  const { job, answer, health } = input;
  const { inputs, signal } = job;
  const { deployCommand, destroyCommand } = inputs;
  const commands = createCommands(job, {
    deployCommand,
    destroyCommand,
    health,
    variables: { ...job.variables, ...job.plan.secrets, ...inputs.env, ...inputs.secrets },
  });
  if (destroyCommand === null) job.log(KEPT, 'warning');
  const journal = destroyCommand === null ? NO_JOURNAL : journalOf(input);
  const { environment, deployment } = answer;
  const place = { slug: environment.namespace, generation: deployment.generation };
  const { url } = await commandVerbs({ commands, journal }).deploy(place, {}, runOf(job, signal));
  return { url, ...health };
}

const KEPT =
  'There is no input "destroy-command": nothing removes what the command deploys when the pull request closes.';

/** The commands get their variables and secrets from the job. */
export function runOf({ log }: Pick<Job, 'log'>, signal: AbortSignal): Run {
  return {
    credentials: undefined,
    variables: {},
    secrets: {},
    log,
    signal,
    fetch: globalThis.fetch,
    visit: async () => Promise.reject(new Error('The stage "verifying" visits the page.')),
  };
}

/** A run that deploys removes nothing by its journal. */
const REMOVES_NOTHING: Pick<CommandJournal, 'claim' | 'forget'> = {
  claim: async () => false,
  forget: async () => undefined,
};

const NO_JOURNAL: CommandJournal = {
  announce: async () => null,
  record: async () => undefined,
  withdraw: async () => undefined,
  ...REMOVES_NOTHING,
};

/** The runner ends a cancelled step after a few seconds. */
const LAST_REPORT_MS = 4_000;

function journalOf({ connection, job, answer, signal }: CommandDeployment): CommandJournal {
  const params = { id: answer.deployment.id };
  const client = (what: string) => {
    const ended = signal.aborted;
    return connection.client({
      what,
      budgetMs: ended ? LAST_REPORT_MS : job.inputs.waitTimeoutMs,
      // What a command made before it was stopped must be told all the same.
      signal: ended ? AbortSignal.timeout(LAST_REPORT_MS) : signal,
    });
  };
  return {
    async announce() {
      const { previous } = await client('Announcing the deployment')(announceResource, { params });
      return previous === null ? null : madeOf(previous as CommandHandle);
    },
    async record(handle) {
      const url = handle.url === '' ? null : handle.url;
      const body = { url, ...healthOf(handle), handle };
      await client('Recording the deployment')(recordResource, { params, body });
    },
    async withdraw() {
      await client('Withdrawing the deployment')(withdrawResource, { params });
    },
    ...REMOVES_NOTHING,
  };
}

function madeOf({ url, handle }: CommandHandle): Made {
  return { url, handle };
}
