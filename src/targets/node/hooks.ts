import { setTimeout as pause } from 'node:timers/promises';
import { VitrineError } from '../../shared/errors.js';
import { ENVIRONMENT_STATUS } from '../../shared/status/words.js';
import { AT_START, type HookEnd, type HookHost, runEndHook, showHook } from '../hooks.js';
import type { HookCommands, HookName, Run } from '../target.js';
import { splitCommandLine } from './command-line.js';
import type { ProgramId, ProgramRunner } from './runner.js';

export type HookLines = Readonly<Record<HookName, readonly string[] | null>>;

const SCRIPT = 'a script of package.json, such as "seed", and use "npm run seed"';

/** The hooks as words. Throws for one that needs a shell, before anything runs. */
export function hookLines({ created, deployed, destroyed }: HookCommands): HookLines {
  const read = (name: string, line: string | null) =>
    line === null ? null : splitCommandLine(line, { what: `The hook "${name}"`, instead: SCRIPT });
  return {
    created: read('created', created),
    deployed: read('deployed', deployed),
    destroyed: read(ENVIRONMENT_STATUS.destroyed, destroyed),
  };
}

interface Hooked {
  readonly runner: ProgramRunner;
  readonly id: ProgramId;
  readonly limitMs: number | undefined;
}

interface Readied extends Hooked {
  readonly lines: Partial<HookLines>;
  /** That of an earlier deployment has done its work. */
  readonly created: boolean;
}

/** The hooks of a program that is there. */
export function hooksOf({ runner, id, limitMs, lines, created }: Readied, run: Run): HookHost {
  return {
    isCreated: async () => created || (await isAnyStarted(everyOf(runner, id))),
    async run({ name }) {
      const command = lines[name] ?? [];
      const environment = { ...run.variables, ...run.secrets };
      await runner.hooks.start(id, { name, command, environment, log: run.log });
      const printed = (signal: AbortSignal) => runner.hooks.follow(id, name, signal);
      const late = await showHook({ name, limitMs }, printed, run);
      if (late) await runner.hooks.end(id, name);
      return { ...(await endOf({ runner, id }, name, run)), outOfMemory: false, late };
    },
  };
}

interface One extends Pick<Hooked, 'runner' | 'id'> {
  /** The deployment that it is asked for. */
  readonly isOwn: boolean;
}

/** The programs of an environment. */
async function* everyOf(runner: ProgramRunner, { slug, deploymentId }: ProgramId): AsyncGenerator<One> {
  for await (const id of runner.list())
    if (id.slug === slug) yield { runner, id, isOwn: id.deploymentId === deploymentId };
}

async function isAnyStarted(programs: AsyncIterable<One>): Promise<boolean> {
  for await (const { runner, id } of programs) if ((await runner.about(id))?.started === true) return true;
  return false;
}

const LOOK_MS = 50;

async function endOf(
  { runner, id }: Pick<Hooked, 'runner' | 'id'>,
  name: HookName,
  { signal }: Run,
): Promise<Pick<HookEnd, 'code' | 'signal'>> {
  for (;;) {
    const seen = await runner.hooks.inspect(id, name);
    if (seen === null)
      throw new VitrineError('stale_head', 'The program was removed while its hook ran: it is not wanted.');
    if (seen.state === 'ended') return seen;
    await pause(LOOK_MS, undefined, { signal });
  }
}

/**
 * Ends those of earlier deployments that still run: a newer deployment is there, which begins with its own. True when `created` of one of
 * them had done its work, which is looked at first: its deployment removes everything once its hook was ended.
 */
export async function endEarlierHooks(runner: ProgramRunner, id: ProgramId): Promise<boolean> {
  let done = false;
  for await (const { id: one, isOwn } of everyOf(runner, id)) {
    if (isOwn || one.generation > id.generation) continue;
    const created = await runner.hooks.inspect(one, 'created');
    done ||= created?.state === 'ended' && created.code === 0;
    for (const name of AT_START) await runner.hooks.end(one, name);
  }
  return done;
}

/** Runs when the last program that was ever started goes. By then it has ended. */
export async function endEnvironment({ runner, id, limitMs }: Hooked, run: Run): Promise<void> {
  const about = await runner.about(id);
  if (about?.started !== true || about.destroyed === null) return;
  if (await isAnyStarted(othersOf(everyOf(runner, id)))) return;
  await runner.stop(id);
  const lines = { destroyed: about.destroyed };
  const host = hooksOf({ runner, id, limitMs, lines, created: true }, run);
  await runEndHook(host, about.destroyed.join(' '), run);
}

async function* othersOf(programs: AsyncIterable<One>): AsyncGenerator<One> {
  for await (const one of programs) if (!one.isOwn) yield one;
}
