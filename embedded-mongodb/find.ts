import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorCode, VitrineError } from '../src/shared/errors.js';
import { embeddedEngine } from './engine/start.js';
import { cachedMongod, systemMongod } from './mongod/find-mongod.js';
import { claim, CLAIM_FILE } from './process/data-directory.js';
import type { Database, FindOptions, LocalOptions, LocalWay } from './process/database.js';

const NAMES = { mongod: 'mongod', embedded: 'the embedded engine' } as const;

const LOCAL_WAYS: readonly LocalWay[] = [systemMongod, cachedMongod, embeddedEngine];

/**
 * Finds a MongoDB: the address the operator gave, a mongod on the PATH, one that mongodb-memory-server has or can get,
 * the embedded engine. The last three keep their data in `<dataDir>/mongodb`.
 */
export async function findDatabase(options: FindOptions): Promise<Database> {
  const database = options.uri ? givenAddress(options.uri) : await localDatabase(options);
  options.log(`database: ${database.way}`);
  return database;
}

function localDatabase(options: FindOptions): Promise<Database> {
  const directory = join(resolve(options.dataDir), 'mongodb');
  return startIn(directory, options).catch((error: unknown) => {
    throw directoryProblem(directory, error);
  });
}

async function startIn(
  directory: string,
  { env, log, allowDownload = true, ways = LOCAL_WAYS, patience }: FindOptions,
): Promise<Database> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { hold, release } = await claim(directory);
  try {
    const found = await startAny(ways, {
      directory,
      env,
      log,
      allowDownload,
      hold,
      ...(patience && { patience }),
    });
    return { ...found, stop: () => found.stop().finally(release) };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A directory that cannot be used is for the operator to repair: the error says how. */
function directoryProblem(directory: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === null || !/^E[A-Z]+$/.test(code)) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `There is no free disk space in ${directory}: free some, or set DATA_DIR to a directory on another disk.`;
    return new VitrineError('disk_full', message, { cause: error });
  }
  const message = `The directory ${directory} cannot be used (${code}): make it a directory that this user may write, or set DATA_DIR to another one.`;
  return new VitrineError('bad_request', message, { cause: error });
}

/** The first way that is open here, among those that can read what is there. */
async function startAny(ways: readonly LocalWay[], options: LocalOptions): Promise<Database> {
  const { directory } = options;
  const maker = await madeBy(directory);
  const missing: string[] = [];
  const able = ways.filter(({ engine }) => !maker || engine === maker);
  for (const way of able) {
    await markMaker(directory, way.engine);
    const found = await way.start({ ...options, last: way === able.at(-1) });
    if ('uri' in found) return found;
    missing.push(found.missing);
  }
  throw nothingWorks({ directory, maker, missing });
}

function nothingWorks({
  directory,
  maker,
  missing,
}: {
  directory: string;
  maker: LocalWay['engine'] | undefined;
  missing: string[];
}): VitrineError {
  const tried = ['MONGODB_URI is not set', ...missing].map((reason) => `\n  - ${reason}`).join('');
  const kept = maker
    ? ` The data in ${directory} was written by ${NAMES[maker]}, so only that can read it.`
    : '';
  return new VitrineError(
    'unavailable',
    `No database could be found.${kept} Tried:${tried}\nSet MONGODB_URI to a running MongoDB, or install MongoDB so that mongod is on the PATH.`,
  );
}

/** Uses the operator's own MongoDB, which is not ours to stop. */
function givenAddress(uri: string): Database {
  const parts = /^mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?([^/?]+)/.exec(uri);
  if (!parts) {
    throw new VitrineError(
      'bad_request',
      'MONGODB_URI must start with mongodb:// or mongodb+srv:// and name a host; correct it or leave it out.',
    );
  }
  // Only the hosts: an address may carry a password.
  const lost = new Promise<never>(() => undefined);
  return { uri, way: `MONGODB_URI (${parts[1]})`, lost, stop: async () => undefined };
}

type Maker = LocalWay['engine'];

const FILE = 'made-by';

/**
 * Which engine wrote a data directory. Once there is data, a mongod that appears later must not open the embedded
 * engine's files, nor the other way round: their formats differ and the data would seem lost.
 */
async function madeBy(directory: string): Promise<Maker | undefined> {
  if (!(await hasData(directory))) return undefined;
  const name = await readFile(join(directory, FILE), 'utf8').catch(() => '');
  return (['mongod', 'embedded'] as const).find((maker) => maker === name.trim());
}

/** Notes the engine before it writes its first file; until then another engine may still be chosen. */
async function markMaker(directory: string, maker: Maker): Promise<void> {
  if (!(await hasData(directory))) await writeFile(join(directory, FILE), `${maker}\n`);
}

/** Whether there is more than our own notes. */
async function hasData(directory: string): Promise<boolean> {
  const names = await readdir(directory);
  return names.some((name) => name !== FILE && !name.startsWith(CLAIM_FILE));
}
