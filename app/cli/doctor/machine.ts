import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errorCode, messageOf } from '../../../src/shared/errors.js';
import { withoutEmpty } from '../../config/config.js';
import { MAIL_SECRET_VARIABLES } from '../../config/accounts.js';
import { envToDatabaseUri } from '../../config/secrets.js';
import { verifyMailServer } from '../../mail/mailer.js';
import { inspectDatabase } from '../../store/inspect.js';
import { ask, reasonOf } from './ask.js';
import { type Check, failed, type Finding, good, skipped, warning } from './check.js';
import { ofEngine } from './engine.js';
import type { Surroundings } from './surroundings.js';

export const database: Check = {
  id: 'database',
  title: 'Database',
  async run(surroundings) {
    const { env, config } = surroundings;
    const uri = uriIn(env);
    if (uri === undefined) return ownDatabase(surroundings);
    if (uri === null)
      return failed(
        'MONGODB_URI is no address of a MongoDB.',
        'It must begin with mongodb:// or mongodb+srv://.',
      );
    try {
      const { version, isReplicated, missing, newer } = await inspectDatabase(uri);
      const kind = isReplicated ? 'replicated' : 'a single server';
      const about = `MongoDB ${version}, ${kind}. Writes wait for the journal.`;
      if (newer > 0)
        return failed(
          `${about} A newer version of this program has used it.`,
          'Start the newer version, or take its migrations back with it: docs/migrations.md.',
        );
      if (config.production && !isReplicated)
        return warning(
          `${about} It does not survive the loss of its machine.`,
          'Use a replica set in production.',
        );
      return good(`${about}${missing > 0 ? ` The next start applies ${missing} migrations.` : ''}`);
    } catch (error) {
      return failed(
        messageOf(error),
        'Start MongoDB, let this machine reach it, and check the user and password of MONGODB_URI.',
      );
    }
  },
};

/** Null for what is no address. */
function uriIn(env: Surroundings['env']): string | undefined | null {
  try {
    return envToDatabaseUri(env);
  } catch {
    return null;
  }
}

/** One that the server starts by itself answers to the server only. */
async function ownDatabase({ server, config, signal }: Surroundings): Promise<Finding> {
  const folder = join(resolve(config.dataDir), 'mongodb');
  const about = `MONGODB_URI is not set: the server starts its own database, in ${folder}.`;
  const found = await server();
  if (found.kind === 'server') {
    const { status } = await ask(new URL('/readyz', found.url), { signal });
    if (status !== 200) return failed(`${about} It does not answer.`, 'Read the log of the server.');
  }
  if (config.production)
    return warning(
      `${about} It does not survive the loss of this machine.`,
      'In production, set MONGODB_URI to a replica set.',
    );
  return good(`${about}${found.kind === 'server' ? ' It answers.' : ''}`);
}

/** MongoDB builds no index with less than 500 MB. */
const LEAST_BYTES = 1024 ** 3;
const ENOUGH_BYTES = 5 * LEAST_BYTES;
const LEAST_INODES = 10_000;
const ENOUGH_INODES = 100_000;

/** Of a file system; without inodes where it does not count them. */
export interface Space {
  readonly bytes: number;
  readonly inodes: number | null;
}

export const dataDisk: Check = {
  id: 'disk',
  title: 'Disk of DATA_DIR',
  async run({ config }) {
    const path = resolve(config.dataDir);
    const there = await nearestFolder(path);
    const code = await access(there, constants.W_OK | constants.X_OK).then(
      () => null,
      (error: unknown) => errorCode(error) ?? 'unknown',
    );
    if (code !== null)
      return failed(
        `${there} cannot be written (${code}).`,
        'Give it to the user of this server, or set DATA_DIR to another folder.',
      );
    return judgeSpace(path, await spaceIn(there));
  },
};

export const engineDisk = ofEngine(
  { id: 'disk-engine', title: 'Disk of the engine' },
  async ({ info, isHere }) => {
    const { DockerRootDir: folder } = info;
    if (!isHere || folder === undefined) return skipped('The engine keeps its files elsewhere.');
    const space = await spaceIn(await nearestFolder(folder)).catch(() => null);
    return space === null ? skipped(`${folder} cannot be seen.`) : judgeSpace(folder, space);
  },
);

/** It may not be there yet. */
async function nearestFolder(path: string): Promise<string> {
  const isThere = await access(path).then(
    () => true,
    (error: unknown) => errorCode(error) !== 'ENOENT',
  );
  return isThere || path === dirname(path) ? path : nearestFolder(dirname(path));
}

async function spaceIn(path: string): Promise<Space> {
  const { bavail, bsize, files, ffree } = await statfs(path);
  return { bytes: bavail * bsize, inodes: files === 0 ? null : ffree };
}

export function judgeSpace(path: string, { bytes, inodes }: Space): Finding {
  const files = inodes === null ? '' : ` and ${inodes.toLocaleString('en')} files`;
  const says = `${path} has room for ${(bytes / 1024 ** 3).toFixed(1)} GiB${files}.`;
  const todo = 'Make room, or move it to a larger disk.';
  if (bytes < LEAST_BYTES || (inodes ?? Infinity) < LEAST_INODES) return failed(says, todo);
  if (bytes < ENOUGH_BYTES || (inodes ?? Infinity) < ENOUGH_INODES) return warning(says, todo);
  return good(says);
}

export const mail: Check = {
  id: 'mail',
  title: 'Mail server',
  async run({ env }) {
    const given = withoutEmpty(env)['SMTP_URL'];
    if (given === undefined) return skipped('SMTP_URL is not set: no mails are sent.');
    const { data: smtpUrl } = MAIL_SECRET_VARIABLES.SMTP_URL.safeParse(given);
    if (smtpUrl === undefined)
      return failed('SMTP_URL is no address of a mail server.', 'It must begin with smtp:// or smtps://.');
    const { host } = new URL(smtpUrl);
    try {
      await verifyMailServer(smtpUrl);
      return good(`${host} answers and takes mails of this server.`);
    } catch (error) {
      return failed(
        `${host} does not take mails: ${reasonOf(error)}.`,
        'Check the host, port, user and password of SMTP_URL.',
      );
    }
  },
};
