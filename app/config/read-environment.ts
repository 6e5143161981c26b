import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { VitrineError } from '../../src/shared/errors.js';
import { withoutEmpty, type Env } from './config.js';

/** Variables of the process, and under them those of a `.env` file; a private key may lie in a file of its own. */
export async function readEnvironment({ env, file }: { env: Env; file: string }): Promise<Env> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new VitrineError(
      'bad_request',
      `${file} cannot be read: make it readable for the user that runs this.`,
    );
  });
  return withKeyFile({ ...parseEnv(text), ...withoutEmpty(env) });
}

async function withKeyFile(env: Env): Promise<Env> {
  const { PRIVATE_KEY: key, PRIVATE_KEY_PATH: path } = withoutEmpty(env);
  if (key !== undefined || path === undefined) return env;
  const pem = await readFile(path, 'utf8').catch(() => {
    throw new VitrineError('bad_request', `PRIVATE_KEY_PATH names ${path}, which cannot be read.`);
  });
  return { ...env, PRIVATE_KEY: pem };
}
