import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { VitrineError } from '../src/shared/errors.js';
import { embeddedEngine } from './engine/embedded-engine.js';
import { givenAddress } from './given-address.js';
import { madeBy, markMaker } from './maker.js';
import { cachedMongod } from './mongod/cached-mongod.js';
import { systemMongod } from './mongod/find-mongod.js';
import { claim } from './process/data-directory.js';
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

async function localDatabase({
  dataDir,
  env,
  log,
  allowDownload = true,
  ways = LOCAL_WAYS,
  patience,
}: FindOptions): Promise<Database> {
  const directory = join(resolve(dataDir), 'mongodb');
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
