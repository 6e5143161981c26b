import { messageOf, VitrineError } from '../shared/errors.js';
import { createRedactor } from '../shared/redact/redact.js';
import { ENVIRONMENT_STATUS } from '../shared/status/words.js';
import type { HookCommands, HookName, Run } from './target.js';

/** Those that run before the program of a deployment starts, in their order. */
export const AT_START = ['created', 'deployed'] as const;

const MINUTE = 60_000;

/** Migrations of a large database take minutes, and a removal must not wait for long. */
const LIMIT_MS: Readonly<Record<HookName, number>> = {
  created: 10 * MINUTE,
  deployed: 10 * MINUTE,
  destroyed: MINUTE,
};

/** How long the hooks may take together that run before the program starts. */
export function startHooksMs(hooks: HookCommands): number {
  return AT_START.reduce((sum, name) => sum + (hooks[name] === null ? 0 : LIMIT_MS[name]), 0);
}

export interface Hook {
  readonly name: HookName;
  /** As it is in the settings. */
  readonly command: string;
}

export interface HookEnd {
  /** Without code and signal it is not known how it ended. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly outOfMemory: boolean;
  /** It took too long, and was stopped. */
  readonly late: boolean;
}

/** Runs the hooks of one deployment. */
export interface HookHost {
  /** Whether `created` has done its work in this environment. */
  isCreated(): Promise<boolean>;
  /** Runs a hook, and waits for its end. One that runs already is waited for, and one that has ended is not run again. */
  run(hook: Hook): Promise<HookEnd>;
}

type Log = Pick<Run, 'log'>;
type Telling = Pick<Run, 'log' | 'onTrouble'>;

/** What must succeed before the program of a deployment starts. Throws `unprocessable` with the hook that failed, and why. */
export async function runStartHooks(host: HookHost, hooks: HookCommands, { log }: Log): Promise<void> {
  for (const name of AT_START) {
    const command = hooks[name];
    if (command === null || (name === 'created' && (await host.isCreated()))) continue;
    const hook = { name, command };
    log(`Hook ${name}: ${command}`);
    const problem = problemOf(hook, await host.run(hook));
    if (problem !== null) throw new VitrineError('unprocessable', `${problem} The program was not started.`);
    log(`Hook ${name}: done`);
  }
}

/** What an environment does last. Whatever becomes of it, the environment ends, and people are told. */
export async function runEndHook(
  host: Pick<HookHost, 'run'>,
  command: string,
  { log, onTrouble }: Telling,
): Promise<void> {
  const hook = { name: ENVIRONMENT_STATUS.destroyed, command };
  log(`Hook destroyed: ${command}`);
  const problem = await host.run(hook).then(
    (end) => problemOf(hook, end),
    (error: unknown) => `The hook "destroyed" could not be run: ${messageOf(error)}`,
  );
  log(problem ?? 'Hook destroyed: done');
  if (problem !== null) onTrouble?.(problem);
}

interface Shown {
  readonly name: HookName;
  /** Its limit, unless it has the usual one. */
  readonly limitMs?: number | undefined;
}

/** Shows what a hook prints until it ends. True when its time was over before. */
export async function showHook(
  { name, limitMs = LIMIT_MS[name] }: Shown,
  printed: (signal: AbortSignal) => AsyncIterable<{ readonly text: string }>,
  run: Pick<Run, 'log' | 'signal' | 'secrets'>,
): Promise<boolean> {
  const limit = AbortSignal.timeout(limitMs);
  const { redact } = createRedactor(Object.values(run.secrets));
  try {
    for await (const { text } of printed(AbortSignal.any([run.signal, limit]))) run.log(`  ${redact(text)}`);
  } catch (error) {
    if (!limit.aborted) throw error;
  }
  run.signal.throwIfAborted();
  return limit.aborted;
}

const LONGEST_SHOWN = 100;

/** Why a deployment must not go on after a hook, and what to do; null when it may. */
function problemOf({ name, command }: Hook, { code, signal, outOfMemory, late }: HookEnd): string | null {
  const shown = command.length > LONGEST_SHOWN ? `${command.slice(0, LONGEST_SHOWN)}...` : command;
  const hook = `The hook "${name}" (${shown})`;
  if (late) return `${hook} did not end within ${minutesOf(name)}, and was stopped. Let it do less.`;
  if (outOfMemory)
    return `${hook} needed more memory than it may have, and was stopped (exit code ${code ?? 137}). Raise "resources.memory" in the settings, or let it use less.`;
  if (code === 0) return null;
  const how = signal === null ? `ended with exit code ${code ?? 'unknown'}` : `was ended by ${signal}`;
  const hint = code === 127 ? ' Exit code 127 says that there is no such command.' : '';
  return `${hook} ${how}.${hint} What it printed is in the log: correct what it says, or "hooks.${name}" in .github/preview.yml.`;
}

function minutesOf(name: HookName): string {
  const minutes = LIMIT_MS[name] / MINUTE;
  return minutes === 1 ? 'a minute' : `${minutes} minutes`;
}
