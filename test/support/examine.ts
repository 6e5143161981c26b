import type { Check, Finding } from '../../app/cli/doctor/check.js';
import { lookAround, type SurroundingsOptions } from '../../app/cli/doctor/surroundings.js';
import type { Env } from '../../app/config/config.js';

/** Longer than a busy machine needs for what ends by itself. */
const PATIENCE_MS = 60_000;

/** Runs one check of the doctor with these settings, without a container engine unless they name one. */
export async function examine(
  { run }: Check,
  env: Env = {},
  options: Partial<SurroundingsOptions> = {},
): Promise<Finding> {
  const all = { DOCKER_HOST: 'off', ...env };
  const surroundings = await lookAround({ env: all, envFile: '/nowhere/.env', uid: 1000, ...options });
  return run({ ...surroundings, signal: AbortSignal.timeout(PATIENCE_MS) });
}
