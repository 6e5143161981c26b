import { messageOf } from '../../../src/shared/errors.js';
import type { Examined } from '../../../src/shared/instance.js';
import { createRedactor } from '../../../src/shared/redact/redact.js';
import { cleanLine } from '../../../src/shared/text.js';
import { type Check, failed, type Finding } from './check.js';
import { SERVER_CHECKS } from './checks.js';
import { type Settings, secretsIn } from './read-settings.js';
import { type Surroundings, surroundingsOf } from './surroundings.js';

export type Result = Finding & Pick<Check, 'id' | 'title'>;

const LIMIT_MS = 10_000;

interface Running {
  readonly surroundings: Omit<Surroundings, 'signal'>;
  /** The longest that it may take. */
  readonly limitMs?: number | undefined;
  readonly clean: (text: string) => string;
}

export async function runCheck(
  { id, title, run }: Check,
  { surroundings, limitMs = LIMIT_MS, clean }: Running,
): Promise<Result> {
  const stopping = new AbortController();
  const { signal } = stopping;
  // Until then it also keeps the process running, while the check waits.
  const timer = setTimeout(() => stopping.abort(), limitMs);
  const late = new Promise<Finding>((resolve) => {
    const says = `This took longer than ${limitMs / 1_000} s.`;
    const todo = 'Something on the way holds it up: a firewall, a proxy, a DNS server or a busy machine.';
    signal.addEventListener('abort', () => resolve(failed(says, todo)), { once: true });
  });
  const asked = run({ ...surroundings, signal }).catch((error: unknown) =>
    failed(
      `The doctor could not look at this: ${messageOf(error)}`,
      'Report this with the output of --json.',
    ),
  );
  const { state, says, todo } = await Promise.race([asked, late]).finally(() => clearTimeout(timer));
  return { id, title, state, says: clean(says), todo: todo === null ? null : clean(todo) };
}

/** Text of other machines can hold anything: neither secrets nor what a terminal obeys. */
export function cleaner({ env }: Pick<Surroundings, 'env'>): (text: string) => string {
  const { redact } = createRedactor(secretsIn(env));
  return (text) => text.split('\n').map(cleanLine).map(redact).join('\n');
}

/** The checks that a running server makes of itself, all at once, with the settings that it was started with. */
export async function examineServer(settings: Settings, envFile: string): Promise<readonly Examined[]> {
  const surroundings = surroundingsOf(settings, { envFile });
  const clean = cleaner(surroundings);
  const running = SERVER_CHECKS.flatMap(({ title: group, checks }) =>
    checks.map(async (check) => ({ ...(await runCheck(check, { surroundings, clean })), group })),
  );
  return Promise.all(running);
}
