import type { LocalOptions, Missing } from '../process/database.js';
import { run } from '../process/run.js';

const VERSION_TIMEOUT_MS = 10_000;
const OLDEST_MAJOR = 6;

/** Its version, or why a mongod that is there is not used: somebody may wonder, so that is told at once. */
export async function usableVersion(
  binary: string,
  { env, log }: Pick<LocalOptions, 'env' | 'log'>,
): Promise<string | Missing> {
  try {
    return await mongodVersion(binary, env);
  } catch (error) {
    const missing = `a mongod cannot be used: ${error instanceof Error ? error.message : String(error)}`;
    log(`database: ${missing}`);
    return { missing };
  }
}

async function mongodVersion(binary: string, env: NodeJS.ProcessEnv): Promise<string> {
  const output = await run({ command: binary, args: ['--version'], env, timeoutMs: VERSION_TIMEOUT_MS });
  const [, version, major] = /db version v?((\d+)\.\d+\.\d+)/i.exec(output) ?? [];
  if (version === undefined) throw new Error(`${binary} --version names no version`);
  if (Number(major) < OLDEST_MAJOR)
    throw new Error(`${binary} has version ${version}, and Vitrine needs ${OLDEST_MAJOR}.0 or newer`);
  return version;
}
