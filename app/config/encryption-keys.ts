import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createKey } from '../../src/secrets/keys.js';
import { errorCode, VitrineError } from '../../src/shared/errors.js';
import type { Log } from '../../src/shared/tools.js';
import type { Config } from './config.js';
import type { Secrets } from './secrets.js';

/** Where the key of a server lies that was given none. */
export const KEY_FILE = 'encryption-key';

interface KeySource {
  readonly config: Pick<Config, 'dataDir' | 'production'>;
  readonly secrets: Pick<Secrets, 'encryptionKeys' | 'mongodbUri'>;
  readonly log: Log;
}

/**
 * The keys that encrypt what the database keeps secret: those of ENCRYPTION_KEYS, and after them that of the key file, so that what was
 * encrypted before the variable was set stays readable. A server without any makes the file.
 */
export async function openEncryptionKeys(source: KeySource): Promise<string> {
  const { config, secrets, log } = source;
  const path = join(config.dataDir, KEY_FILE);
  const given = secrets.encryptionKeys ?? '';
  const found = await readKeyFile(path, log);
  if (given !== '') return found === null ? given : withFile(given, found);
  if (found !== null) return found;
  refuseShared(source);
  await makeKeyFile(path);
  log(
    'info',
    'ENCRYPTION_KEYS is not set: a key was made. Back this file up, no secret can be read without it',
    { path },
  );
  return (await readKeyFile(path, log)) ?? '';
}

/** The variable may already name the key of the file. */
function withFile(given: string, found: string): string {
  const [id = ''] = found.split(':');
  return given.split(/[\s,]+/).some((entry) => entry.startsWith(`${id}:`)) ? given : `${given},${found}`;
}

/** Two servers that made keys of their own could not read each other's secrets. */
export function refuseShared({ config, secrets }: Pick<KeySource, 'config' | 'secrets'>): void {
  if (!config.production || secrets.mongodbUri === undefined) return;
  throw new VitrineError(
    'bad_request',
    'ENCRYPTION_KEYS must be set, because other servers can use the database of MONGODB_URI too and need the same key: ' +
      'set it on each of them to "k1:" and the output of "openssl rand -base64 32".',
  );
}

async function readKeyFile(path: string, log: Log): Promise<string | null> {
  try {
    const [text, { mode }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    if ((mode & 0o077) !== 0)
      log('warn', 'other users of this machine can read the encryption key: chmod 600', { path });
    return text.trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    const message = `${path} holds the encryption key and cannot be read: make it readable for the user that runs this.`;
    throw new VitrineError('bad_request', message, { cause: error });
  }
}

/** Whole or not at all: of two processes that start at once, one makes the file and both read it. */
async function makeKeyFile(path: string): Promise<void> {
  const id = randomBytes(4).toString('hex');
  const draft = `${path}.${id}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(draft, `${createKey(`file-${id}`)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(draft, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft);
  }
}
