import { z } from 'zod';
import { VitrineError } from '../../shared/errors.js';
import { healthOf, statusWords } from '../../shared/health.js';
import type { Reach } from '../../shared/reach.js';
import { createRedactor } from '../../shared/redact/redact.js';
import { ENVIRONMENT_STATUS } from '../../shared/status/words.js';
import { runStartHooks } from '../hooks.js';
import { askProgram, isWell, type ProgramAddress, wordsFor } from '../ask-program.js';
import { type Deployed, parseOptions, type Release, type Run, type Target } from '../target.js';
import { waitForHealth } from '../wait-for-health.js';
import { endEarlierHooks, endEnvironment, hookLines, type HookLines, hooksOf } from './hooks.js';
import { requireNativeModules } from './native-modules.js';
import type { Builds, ProgramOrder, ProgramRunner, RunningProgram, Runtime } from './runner.js';
import { readProgram } from './start-command.js';

/** Its name, for what the operator configures. */
export const NODE_TARGET = 'node';

/** How a program is started belongs to the build settings, which every target that starts programs reads. */
const nodeOptionsSchema = z.strictObject({});
export type NodeOptions = z.infer<typeof nodeOptionsSchema>;

/** Of a container it has more fields: the operator may have changed what runs Node servers. */
const nodeHandleSchema = z.object({
  slug: z.string().min(1),
  generation: z.number().int().nonnegative(),
  deploymentId: z.string().regex(/^\w+$/),
});
export type NodeHandle = z.infer<typeof nodeHandleSchema>;

interface NodeParts {
  readonly runner: ProgramRunner;
  readonly builds: Builds;
  /** The URL of an environment. */
  readonly urlOf: (slug: string) => string;
  /** How long a program may take until it answers. */
  readonly patienceMs?: number;
  /** How long a hook may run; ten minutes, and one at the end of an environment, unless given. */
  readonly hookLimitMs?: number;
}

const PATIENCE_MS = 120_000;
const SHOWN_LINES = 30;

/** Node servers: an uploaded build and a start command. */
export function createNodeTarget(
  parts: NodeParts,
): Target<NodeOptions, NodeHandle> & { readonly runsIn: 'server' } {
  const { runner } = parts;
  const starting = new Map<string, Promise<Deployed<NodeHandle>>>();
  return {
    name: NODE_TARGET,
    options: nodeOptionsSchema,
    credentials: z.unknown(),
    runsIn: 'server',
    takes: 'files',
    starts: true,
    runner: 'process',
    services:
      'This server runs such programs as processes. Its operator can have them run in containers (docs/node-target.md); or use the target "docker", or remove "services" and set the URL of a database as a secret.',
    hooks: true,
    earlier: 'removed',
    identityOf: ({ slug, generation, deploymentId }) => `${slug} ${String(generation)} ${deploymentId}`,
    capabilities: {
      sleep: {
        stop: (handle) => runner.stop(nodeHandleSchema.parse(handle)),
        wake: (handle, run) => wake(parts, nodeHandleSchema.parse(handle), run),
      },
      logs: {
        follow: (handle, from, run) => runner.follow(nodeHandleSchema.parse(handle), from, run.signal),
      },
    },
    async deploy(release, options, run) {
      run.signal.throwIfAborted();
      parseOptions(nodeOptionsSchema, options);
      await requireNewest(runner, release);
      // Two requests for one deployment wait for the same start.
      const under = starting.get(release.deploymentId);
      if (under) return under;
      const work = deploy(parts, release, run).finally(() => starting.delete(release.deploymentId));
      starting.set(release.deploymentId, work);
      return work;
    },
    async destroy(handle, run, removal) {
      run.signal.throwIfAborted();
      const id = nodeHandleSchema.parse(handle);
      if (removal?.environmentEnds === true)
        await endEnvironment({ runner, id, limitMs: parts.hookLimitMs }, run);
      await runner.remove(id);
      run.log(`Took the program of ${id.slug} down`);
    },
    async inspect(handle, run) {
      run.signal.throwIfAborted();
      const seen = await runner.inspect(nodeHandleSchema.parse(handle));
      if (seen === null) return { state: 'gone', detail: 'Its program is not here.' };
      if (seen.state === 'stopped') return { state: ENVIRONMENT_STATUS.sleeping, detail: null };
      if (seen.state === 'ended') return { state: 'unhealthy', detail: `Its program ${endingOf(seen)}.` };
      const url = parts.urlOf(handle.slug);
      const health = healthOf(seen);
      const answer = await askProgram({ ...addressOf(seen), ...health, url, signal: run.signal });
      if (isWell(answer)) return { state: 'live', detail: null, health };
      return { state: 'unhealthy', detail: `The program ${wordsFor(answer)}.` };
    },
    async *list(run) {
      for await (const { slug, generation, deploymentId } of runner.list()) {
        run.signal.throwIfAborted();
        yield { slug, generation, deploymentId };
      }
    },
  };
}

async function requireNewest(runner: ProgramRunner, { slug, generation }: Release): Promise<void> {
  for await (const other of runner.list())
    if (other.slug === slug && other.generation > generation)
      throw new VitrineError('stale_head', 'This deployment was overtaken: it was not started.');
}

async function deploy(parts: NodeParts, release: Release, run: Run): Promise<Deployed<NodeHandle>> {
  const { runner, urlOf } = parts;
  const { slug, generation, deploymentId } = release;
  const handle = { slug, generation, deploymentId };
  const lines = hookLines(release.hooks);
  const order = await prepare(parts, { release, lines }, run);
  try {
    await runner.prepare(order);
    const created = await endEarlierHooks(runner, handle);
    const hooks = hooksOf({ runner, id: handle, lines, created, limitMs: parts.hookLimitMs }, run);
    // A newer deployment ends the hooks of this one.
    await runStartHooks(hooks, release.hooks, run).finally(() => requireNewest(runner, release));
    run.log(`Starts "${order.command.join(' ')}" with Node ${order.runtime.node}`);
    const program = await runner.start(order);
    await answering(parts, { handle, program, run });
    const { id, host, port } = program;
    run.log(`The program answers at ${order.healthPath}`);
    const image = `node ${order.runtime.node}`;
    return {
      url: urlOf(slug),
      handle,
      reach: { kind: 'upstream', host, port },
      containers: [{ id, service: 'app', image, host, port }],
    };
  } catch (error) {
    // What does not answer must not stay: nothing would ever visit it.
    await runner.remove(handle);
    throw error;
  }
}

interface Prepared {
  readonly release: Release;
  readonly lines: HookLines;
}

/** Finds out before the start what would make it fail. */
async function prepare(
  { runner, builds }: NodeParts,
  { release, lines }: Prepared,
  run: Run,
): Promise<ProgramOrder> {
  if (!release.trusted) throw untrusted();
  const { program, artifact: root } = release;
  const { build, command, range } = await readProgram(builds, release);
  const runtime: Runtime = await runner.runtimeFor(range);
  await requireNativeModules(build, { runtime, ...(program.builtOn && { builtOn: program.builtOn }) });
  const { slug, generation, deploymentId } = release;
  const { memoryBytes, cpus } = program;
  const environment = { ...run.variables, ...run.secrets };
  return {
    ...{ slug, generation, deploymentId, build, command, environment, runtime },
    version: JSON.stringify([root, command]),
    ...{ ...healthOf(program), memoryBytes, cpus, log: run.log, destroyed: lines.destroyed },
  };
}

function untrusted(): VitrineError {
  return new VitrineError(
    'unprocessable',
    'Programs are started only for commits of people with write permission, and for commits that one of them approved. Ask for an approval.',
  );
}

interface Answering {
  readonly handle: NodeHandle;
  readonly program: RunningProgram;
  readonly run: Run;
}

/** Resolves once visitors can come. Throws with what the program said last. */
async function answering(parts: NodeParts, { handle, program, run }: Answering): Promise<void> {
  const { runner, urlOf, patienceMs = PATIENCE_MS } = parts;
  const health = healthOf(program);
  const [address, url] = [addressOf(program), urlOf(handle.slug)];
  const runs = async () => (await runner.inspect(handle))?.state === 'up';
  const waited = await waitForHealth({ address, ...health, url, patienceMs, runs }, run.signal);
  if (waited.kind === 'healthy') return;
  const redactor = createRedactor(Object.values(run.secrets));
  const lines = (await runner.lastLines(handle, SHOWN_LINES)).map((line) => redactor.redact(line));
  for (const line of lines) run.log(`  ${line}`);
  const seen = await runner.inspect(handle);
  if (seen === null)
    throw new VitrineError(
      'stale_head',
      'The program was removed while it started: it is not wanted any more.',
    );
  const said =
    lines.length > 0 ? `It said last: ${lines.slice(-3).join(' / ').slice(-600)}` : 'It printed nothing.';
  if (seen.state === 'ended')
    throw new VitrineError('unprocessable', `The program did not start: it ${endingOf(seen)}. ${said}`);
  const last = waited.kind === 'late' ? `it ${wordsFor(waited.last)}` : 'it was stopped';
  const seconds = String(Math.round(patienceMs / 1_000));
  throw new VitrineError(
    'unprocessable',
    `The program did not answer GET ${health.healthPath} with ${statusWords(health)} within ${seconds} seconds (${last}). Does it listen on 0.0.0.0:$PORT or 127.0.0.1:$PORT? PORT is ${String(program.port)} here. ${said}`,
  );
}

function endingOf({
  code,
  signal,
}: {
  readonly code: number | null;
  readonly signal: string | null;
}): string {
  if (signal !== null) return `was ended by ${signal}`;
  return code === null ? 'has ended' : `ended with exit code ${String(code)}`;
}

function addressOf({ host, port }: RunningProgram): ProgramAddress {
  return { host, port };
}

async function wake(parts: NodeParts, handle: NodeHandle, run: Run): Promise<Reach> {
  const environment = { ...run.variables, ...run.secrets };
  const program = await parts.runner.wake(handle, { environment });
  if (program === null)
    throw new VitrineError('not_found', 'The program of this preview is not here any more: deploy it again.');
  await answering(parts, { handle, program, run });
  const { host, port } = program;
  return { kind: 'upstream', host, port };
}
