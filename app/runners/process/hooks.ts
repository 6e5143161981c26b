import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { VitrineError } from '../../../src/shared/errors.js';
import type { HookOrder, HookState, ProgramHooks, ProgramId } from '../../../src/targets/node/runner.js';
import { endProgram, isAlive, type ProcessIdentity } from './identity.js';
import { followProgramLog } from './program-log.js';
import { identitySchema, type ProgramFolder } from './records.js';
import { confined, environmentFor } from './sandbox.js';
import { endOf, type ProcessParts, superviseBy } from './supervise.js';

/** A hook has a folder inside that of its program, and goes with it. */
type HookFolder = Omit<ProgramFolder, 'app'> & { readonly record: string };

function folderOf({ hooks }: ProgramFolder, name: string): HookFolder {
  const dir = join(hooks, name);
  const [home, log] = [join(dir, 'home'), join(dir, 'log')];
  return { dir, home, log, hooks, end: join(dir, 'end.json'), record: join(dir, 'record.json') };
}

/** Commands of programs that end by themselves: each runs once, confined as its program is. */
export function createProgramHooks(parts: ProcessParts): ProgramHooks {
  const { records } = parts;
  const at = (id: ProgramId, name: string) => folderOf(records.folderOf(id), name);
  const inspect = (id: ProgramId, name: string) => stateOf(at(id, name));
  return {
    inspect,
    start: (id, order) => records.alone(id, () => start(parts, id, order)),
    follow(id, name, signal) {
      const ended = async () => (await inspect(id, name))?.state !== 'up';
      return followProgramLog({ dir: at(id, name).log, since: new Date(0), ended, signal });
    },
    end: (id, name) => endHook(at(id, name), parts.politeMs),
  };
}

/** All of them, also those that a crash left without a record. */
export async function endHooks({ records, politeMs }: ProcessParts, id: ProgramId): Promise<void> {
  const program = records.folderOf(id);
  for (const name of await readdir(program.hooks).catch(() => []))
    await endHook(folderOf(program, name), politeMs);
}

async function endHook(folder: HookFolder, politeMs: number | undefined): Promise<void> {
  const ending = { leader: await readLeader(folder), mark: `HOME=${folder.home}` };
  await endProgram({ ...ending, ...(politeMs !== undefined && { politeMs }) });
}

async function start(parts: ProcessParts, id: ProgramId, order: HookOrder): Promise<void> {
  const { records, politeMs } = parts;
  const record = await records.read(id);
  if (record === null)
    throw new VitrineError('stale_head', 'The program was removed before its hook ran: it is not wanted.');
  const program = records.folderOf(id);
  const folder = folderOf(program, order.name);
  if (hasRun(await stateOf(folder))) return;
  await endHook(folder, politeMs);
  await rm(folder.dir, { recursive: true, force: true });
  await mkdir(folder.home, { recursive: true, mode: 0o700 });
  const { command, environment, log } = order;
  // Its own, as its program has one: what reads the settings of the program finds them complete.
  const port = await records.takePort(id);
  const placed = { app: program.app, home: folder.home };
  const { memoryBytes } = record;
  try {
    await superviseBy(parts, {
      order: {
        dir: folder.dir,
        cwd: program.app,
        command: await confined({ tools: await parts.findTools(), command, memoryBytes, placed }),
        environment: environmentFor({ environment, log }, { ...placed, port }),
      },
      named: (leader) => writeLeader(folder, leader),
    });
  } finally {
    await records.freePort(port);
  }
}

/** What was started and did not come to its end, as when the machine was restarted, is run again. */
function hasRun(seen: HookState | null): boolean {
  return seen?.state === 'up' || (seen?.state === 'ended' && (seen.code !== null || seen.signal !== null));
}

async function stateOf(folder: HookFolder): Promise<HookState | null> {
  const leader = await readLeader(folder);
  if (leader === null) return null;
  if (await isAlive(leader)) return { state: 'up' };
  return { state: 'ended', ...(await endOf(folder.end, leader)) };
}

const leaderSchema = z.object({ leader: identitySchema });

async function readLeader({ record }: HookFolder): Promise<ProcessIdentity | null> {
  const text = await readFile(record, 'utf8').catch(() => null);
  return text === null ? null : leaderSchema.parse(JSON.parse(text)).leader;
}

async function writeLeader({ record }: HookFolder, leader: ProcessIdentity): Promise<void> {
  await writeFile(`${record}.new`, JSON.stringify({ leader }), { mode: 0o600, flush: true });
  await rename(`${record}.new`, record);
}
