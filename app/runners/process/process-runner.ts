import { mkdir, readFile, rm } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { satisfies, validRange } from 'semver';
import { VitrineError } from '../../../src/shared/errors.js';
import { healthOf } from '../../../src/shared/health.js';
import type {
  ProgramId,
  ProgramOrder,
  ProgramRunner,
  ProgramState,
  RunningProgram,
  Runtime,
} from '../../../src/targets/node/runner.js';
import { createProgramHooks, endHooks } from './hooks.js';
import { endProgram, isAlive } from './identity.js';
import { placeFiles } from './place-files.js';
import { followProgramLog, lastLinesOf } from './program-log.js';
import { createRecords, type ProgramRecord } from './records.js';
import { confined, environmentFor, findTools, type Tools } from './sandbox.js';
import { endOf, type ProcessParts as Parts, superviseBy } from './supervise.js';
import type { SupervisorOrder } from './supervisor.js';

interface ProcessRunnerOptions extends Pick<Parts, 'supervisor' | 'politeMs'> {
  /** Programs, their records and their ports are kept here. */
  readonly dataDir: string;
  readonly tools?: () => Promise<Tools>;
}

/** Runs programs as child processes of this machine, without an engine. */
export function createProcessRunner(options: ProcessRunnerOptions): ProgramRunner {
  const records = createRecords(options.dataDir);
  let tools: Promise<Tools> | undefined;
  const find = () => (tools ??= (options.tools ?? findTools)());
  const parts: Parts = { ...options, records, findTools: find };
  return {
    runtimeFor,
    prepare: (order) => records.alone(order, async () => void (await prepare(parts, order))),
    start: (order) => records.alone(order, () => start(parts, order)),
    wake: (id, { environment }) =>
      records.alone(id, async () => {
        const record = await records.read(id);
        if (record === null) return null;
        const running = await runningOf(record);
        return running ?? launch(parts, { id, record, environment, log: () => undefined });
      }),
    stop: (id) =>
      records.alone(id, async () => {
        const record = await records.read(id);
        if (record === null) return;
        await end(parts, { id, record });
        await records.write(id, { ...record, leader: null, port: null });
      }),
    remove: (id) =>
      records.alone(id, async () => {
        await end(parts, { id, record: await records.read(id) });
        await endHooks(parts, id);
        await rm(records.folderOf(id).dir, { recursive: true, force: true, maxRetries: 5 });
      }),
    inspect: (id) => inspect(parts, id),
    async about(id) {
      const record = await records.read(id);
      return record && { started: record.started || record.leader !== null, destroyed: record.destroyed };
    },
    hooks: createProgramHooks(parts),
    list: () => records.list(),
    follow(id, { since }, signal) {
      const { log: dir } = records.folderOf(id);
      const ended = async () => (await inspect(parts, id))?.state !== 'up';
      return followProgramLog({ dir, since, ended, signal });
    },
    lastLines: (id, count) => lastLinesOf(records.folderOf(id).log, count),
  };
}

/** Programs get the Node that this server runs on. */
async function runtimeFor(range: string | null): Promise<Runtime> {
  const node = process.versions.node;
  if (range !== null && validRange(range) !== null && !satisfies(node, range)) {
    throw new VitrineError(
      'unprocessable',
      `package.json asks for Node ${range.slice(0, 100)} (engines.node), and this server runs programs with Node ${node}. Widen the range, or ask the operator for a server with another Node.`,
    );
  }
  return { node, os: platform(), arch: arch(), libc: await libc() };
}

/** By the linker that this process has loaded. */
async function libc(): Promise<Runtime['libc']> {
  if (platform() !== 'linux') return null;
  const maps = await readFile('/proc/self/maps', 'utf8').catch(() => '');
  return maps.includes('ld-musl-') ? 'musl' : 'glibc';
}

async function start(parts: Parts, order: ProgramOrder): Promise<RunningProgram> {
  const record = await prepare(parts, order);
  const { environment, log } = order;
  return (await runningOf(record)) ?? launch(parts, { id: order, record, environment, log });
}

/** What runs already is left as it is, unless another version is wanted. */
async function prepare(parts: Parts, order: ProgramOrder): Promise<ProgramRecord> {
  const { records } = parts;
  const known = await records.read(order);
  const isSame = known?.version === order.version;
  if (isSame && (await runningOf(known))) return known;
  await end(parts, { id: order, record: known });
  if (!isSame) await clear(parts, order);
  const { version, command, memoryBytes, destroyed } = order;
  const record = {
    ...{ leader: null, port: null, version, command: [...command], memoryBytes },
    ...healthOf(order),
    started: known?.started ?? false,
    destroyed: destroyed && [...destroyed],
  };
  // Before anything else: what is started from here on can be found and removed.
  await records.write(order, record);
  await placeFiles(order.build, records.folderOf(order).app);
  return record;
}

/** The hooks of another build say nothing of this one. */
async function clear(parts: Parts, id: ProgramId): Promise<void> {
  const { app, hooks } = parts.records.folderOf(id);
  await endHooks(parts, id);
  for (const folder of [app, hooks]) await rm(folder, { recursive: true, force: true });
}

interface Launch extends Pick<ProgramOrder, 'environment' | 'log'> {
  readonly id: ProgramId;
  /** Of its last start. */
  readonly record: ProgramRecord;
}

async function launch(parts: Parts, { id, record, environment, log }: Launch): Promise<RunningProgram> {
  const { records } = parts;
  await end(parts, { id, record });
  const folder = records.folderOf(id);
  await rm(folder.end, { force: true });
  await rm(folder.home, { recursive: true, force: true });
  await mkdir(folder.home, { recursive: true, mode: 0o700 });
  const tools = await parts.findTools();
  log(tools.bwrap === null ? 'No sandbox: bubblewrap is not here or cannot work' : 'Sandbox: bubblewrap');
  const port = await records.takePort(id);
  const { command, memoryBytes } = record;
  const order: SupervisorOrder = {
    dir: folder.dir,
    cwd: folder.app,
    command: await confined({ tools, command, memoryBytes, placed: folder }),
    environment: environmentFor({ environment, log }, { ...folder, port }),
  };
  const leader = await superviseBy(parts, {
    order,
    named: (leader) => records.write(id, { ...record, leader, port, started: true }),
  });
  return { state: 'up', id: String(leader.pid), host: HOST, port, ...healthOf(record) };
}

const HOST = '127.0.0.1';

interface Known {
  readonly id: ProgramId;
  readonly record: ProgramRecord | null;
}

async function end({ records, politeMs }: Parts, { id, record }: Known): Promise<void> {
  const mark = `HOME=${records.folderOf(id).home}`;
  await endProgram({ leader: record?.leader ?? null, mark, ...(politeMs !== undefined && { politeMs }) });
  await records.freePort(record?.port ?? null);
}

async function runningOf({ leader, port, ...record }: ProgramRecord): Promise<RunningProgram | null> {
  if (leader === null || port === null || !(await isAlive(leader))) return null;
  return { state: 'up', id: String(leader.pid), host: HOST, port, ...healthOf(record) };
}

async function inspect({ records }: Parts, id: ProgramId): Promise<ProgramState | null> {
  const record = await records.read(id);
  if (record === null) return null;
  if (record.leader === null) return { state: 'stopped' };
  return (
    (await runningOf(record)) ?? { state: 'ended', ...(await endOf(records.folderOf(id).end, record.leader)) }
  );
}
