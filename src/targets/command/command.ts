import { z } from 'zod';
import { type HealthCheck, healthOf } from '../../shared/health.js';
import { healthRules } from '../../shared/health-schemas.js';
import { probe } from '../probe.js';
import { type Deployed, parseOptions, type Run, type TargetFacts, type TargetVerbs } from '../target.js';

/** Its name, for the run that asks for it by its input "deploy-command". */
export const COMMAND_TARGET = 'command';

/** The commands belong to the workflow, next to the secrets that they need: the settings say nothing about them. */
const commandOptionsSchema = z.strictObject({});
export type CommandOptions = z.infer<typeof commandOptionsSchema>;

/** Larger ones belong into a file of the host; it is stored with the environment. */
export const MAX_HANDLE_BYTES = 16 * 1024;

const commandHandleSchema = z.strictObject({
  slug: z.string().min(1),
  generation: z.number().int().nonnegative(),
  url: z.string(),
  healthPath: z.string(),
  ...healthRules(),
  /** What the deploy command wrote for the destroy command; null when it wrote nothing. */
  handle: z.json(),
});
export type CommandHandle = z.infer<typeof commandHandleSchema>;

type Place = Pick<CommandHandle, 'slug' | 'generation'>;

/** What a command is given, and what the deploy command gave. */
export type Made = Pick<CommandHandle, 'url' | 'handle'>;

/** Runs the two commands of the workflow. */
export interface Commands {
  readonly health: HealthCheck;
  /** `previous` is what the newest earlier deployment of the same environment made. */
  deploy(call: Place & { readonly previous: Made | null }, run: Run): Promise<Made>;
  /** Nothing to remove counts as removed. */
  destroy(call: Place & Made, run: Run): Promise<void>;
}

/** Where a workflow run writes down what the commands made. */
export interface CommandJournal {
  /** Before the deploy command starts. Throws `stale_head` for an older generation, and answers what is there already. */
  announce(place: Place): Promise<Made | null>;
  /** Throws `stale_head` when a newer generation came meanwhile; then it is written down to be removed. */
  record(handle: CommandHandle): Promise<void>;
  /** The deploy command failed and made nothing. */
  withdraw(place: Place): Promise<void>;
  /** Whether it is to be removed: false when a newer deployment has taken it over. */
  claim(place: Place): Promise<boolean>;
  forget(place: Place): Promise<void>;
}

/** What is written down of the resources. */
export interface CommandRecords {
  /** The newest of a slug. */
  find(slug: string): Promise<CommandHandle | null>;
  list(): AsyncIterable<CommandHandle>;
}

type CommandFacts = TargetFacts<CommandOptions, CommandHandle> & { readonly runsIn: 'ci' };

/** What the server has of the target: the commands run in the workflow. */
export function createCommandTarget({ records }: { readonly records: CommandRecords }): CommandFacts {
  return {
    name: COMMAND_TARGET,
    options: commandOptionsSchema,
    credentials: z.unknown(),
    runsIn: 'ci',
    takes: 'nothing',
    starts: false,
    services: 'Remove "services", and have the deploy command make what the program needs.',
    earlier: 'kept',
    capabilities: { sleep: null, logs: null },
    identityOf: ({ handle, url }) => (handle === null ? url : sortedJson(handle)),
    async inspect(handle, run) {
      run.signal.throwIfAborted();
      const { slug, generation, url, ...made } = commandHandleSchema.parse(handle);
      const found = await records.find(slug);
      if (found === null) return { state: 'gone', detail: 'Nothing is deployed here.' };
      if (found.generation !== generation)
        return { state: 'gone', detail: 'A newer version took its place.' };
      return probe({ url, ...healthOf(made) }, run);
    },
    list: (run) => listUntilAborted(records, run),
  };
}

/** The same text for the same value: tools write the fields of an object in any order. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

async function* listUntilAborted(records: CommandRecords, run: Run): AsyncGenerator<CommandHandle> {
  for await (const handle of records.list()) {
    run.signal.throwIfAborted();
    yield handle;
  }
}

interface CommandParts {
  readonly commands: Commands;
  readonly journal: CommandJournal;
}

/** It is told where the preview belongs, and gets no part of the build. */
interface CommandVerbs extends TargetVerbs<CommandOptions, CommandHandle> {
  deploy(release: Place, options: CommandOptions, run: Run): Promise<Deployed<CommandHandle>>;
}

/** What a workflow run does with the target. */
export function commandVerbs({ commands, journal }: CommandParts): CommandVerbs {
  return {
    async deploy(release, options, run) {
      run.signal.throwIfAborted();
      parseOptions(commandOptionsSchema, options);
      const place = placeOf(release);
      const previous = await journal.announce(place);
      const made = await deployOrWithdraw({ commands, journal }, { place, previous, run });
      const handle = { ...place, ...made, ...commands.health };
      await journal.record(handle);
      run.log(`Deployed to ${made.url}`);
      const { url } = made;
      return {
        url,
        handle,
        reach: { kind: 'elsewhere', url, ...commands.health, removable: true },
      };
    },
    async destroy(handle, run) {
      run.signal.throwIfAborted();
      const parsed = commandHandleSchema.parse(handle);
      if (!(await journal.claim(parsed))) return;
      await commands.destroy(parsed, run);
      await journal.forget(parsed);
      run.log(`Removed ${parsed.url || parsed.slug}`);
    },
  };
}

/** A deploy command that failed, and what it had made before that. */
export class FailedAfterMaking extends Error {
  override name = 'FailedAfterMaking';
  readonly made: Made;

  constructor(cause: unknown, made: Made) {
    super('The deploy command failed after it had made something.', { cause });
    this.made = made;
  }
}

interface Call {
  readonly place: Place;
  readonly previous: Made | null;
  readonly run: Run;
}

/** What a failed command made must be removed one day; when it made nothing, nothing waits for a removal. */
async function deployOrWithdraw(
  { commands, journal }: CommandParts,
  { place, previous, run }: Call,
): Promise<Made> {
  try {
    return await commands.deploy({ ...place, previous }, run);
  } catch (error) {
    if (!(error instanceof FailedAfterMaking)) {
      await journal.withdraw(place).catch(() => undefined);
      throw error;
    }
    await journal.record({ ...place, ...error.made, ...commands.health });
    throw error.cause;
  }
}

function placeOf({ slug, generation }: Place): Place {
  return { slug, generation };
}
