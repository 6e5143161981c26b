import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkProcess } from '../../config/check-process.js';
import { type Config, type Env, envToConfig, readEnvironment, withoutEmpty } from '../../config/config.js';
import { KEY_FILE, refuseShared } from '../../config/encryption-keys.js';
import {
  CREDENTIALS,
  envToSecrets,
  missingCredentials,
  type Secrets,
  SECRET_VARIABLES,
} from '../../config/secrets.js';
import { refuseInPublic } from '../../pages/setup/run-setup.js';
import { errorCode, messageOf } from '../../../src/shared/errors.js';

export interface Settings {
  readonly env: Env;
  /** Where a variable is wrong, its default stands here, so that the other checks have something to look at. */
  readonly config: Config;
  /** Null while they are not complete. */
  readonly secrets: Secrets | null;
  /** The server would not start. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

interface Given {
  readonly env: Env;
  readonly envFile: string;
  readonly uid: number | undefined;
}

/** Reads the settings as a start of the server does, and goes on where that would stop. */
export async function readSettings({ env: given, envFile, uid }: Given): Promise<Settings> {
  const problems: string[] = [];
  const note = (error: unknown) => void problems.push(messageOf(error));
  const env = await readVariables({ env: given, file: envFile }, note);
  const isWhole = problems.length === 0;
  const config = readConfig(env, note);
  const isNew = missingCredentials(env).length === CREDENTIALS.length;
  // What could not be read would be called missing.
  const secrets = isNew || !isWhole ? null : attempt(() => envToSecrets(env), note);
  if (isNew) attempt(() => refuseInPublic(config), note);
  const risks = attempt(() => checkProcess({ config, env, uid }), note) ?? [];
  if (secrets && secrets.encryptionKeys === undefined && !(await isFile(keyFileOf(config))))
    attempt(() => refuseShared({ config, secrets }), note);
  const setUp = isNew && problems.length === 0 ? [NOT_SET_UP] : [];
  return { env, config, secrets, problems, warnings: [...setUp, ...risks] };
}

const NOT_SET_UP =
  'there is no GitHub App yet: "npm start" prints the address of a page that creates one, or set APP_ID, PRIVATE_KEY and WEBHOOK_SECRET';

type Note = (error: unknown) => void;

function attempt<Value>(work: () => Value, note: Note): Value | null {
  try {
    return work();
  } catch (error) {
    note(error);
    return null;
  }
}

async function readVariables({ env, file }: { env: Env; file: string }, note: Note): Promise<Env> {
  try {
    return await readEnvironment({ env, file });
  } catch (error) {
    note(error);
  }
  // With a key in its place, the file of PRIVATE_KEY_PATH is not read.
  const PRIVATE_KEY = randomBytes(8).toString('hex');
  const readable = await readEnvironment({ env: { ...env, PRIVATE_KEY }, file }).catch(() => env);
  return { ...readable, PRIVATE_KEY: undefined };
}

/** Variables are judged one by one, so those that are wrong alone are wrong together. */
function readConfig(env: Env, note: Note): Config {
  const whole = attempt(() => envToConfig(env), note);
  if (whole) return whole;
  const right = Object.entries(env).filter(([name, value]) => {
    return (
      attempt(
        () => envToConfig({ [name]: value }),
        () => undefined,
      ) !== null
    );
  });
  return envToConfig(Object.fromEntries(right));
}

export function keyFileOf({ dataDir }: Config): string {
  return join(resolve(dataDir), KEY_FILE);
}

async function isFile(path: string): Promise<boolean> {
  return (await modeOf(path)) !== null;
}

/** Null when it is not there. */
export async function modeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** Everything that must not be printed: the secrets, and the passwords and keys inside them. */
export function secretsIn(env: Env): string[] {
  const filled = withoutEmpty(env);
  const values = SECRET_VARIABLES.flatMap((name) => filled[name] ?? []);
  const passwords = values.flatMap((value) => /:\/\/[^:@/]*:([^@]*)@/.exec(value)?.[1] ?? []);
  const keys = (filled['ENCRYPTION_KEYS'] ?? '')
    .split(/[\s,]+/)
    .flatMap((entry) => entry.split(':')[1] ?? []);
  const all = [...values, ...passwords, ...passwords.flatMap(decoded), ...keys];
  return all.filter((secret) => secret !== '');
}

function decoded(text: string): string[] {
  return (
    attempt(
      () => [decodeURIComponent(text)],
      () => undefined,
    ) ?? []
  );
}
