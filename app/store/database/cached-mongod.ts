import type { LocalOptions, LocalWay } from './database.js';
import { obtainMongod } from './obtain-mongod.js';
import { mongodVersion, runMongod } from './run-mongod.js';

/** A mongod that mongodb-memory-server keeps in its cache, or downloads into it. */
export const cachedMongod: LocalWay = {
  engine: 'mongod',
  async start(options) {
    const mongod = await usableMongod(options).catch((error: Error) => error);
    if (mongod instanceof Error)
      return { missing: `mongodb-memory-server has no mongod for us: ${mongod.message}` };
    const found = await runMongod(mongod, options);
    return {
      ...found,
      way: `mongod ${mongod.version} of mongodb-memory-server (${mongod.binary}), data in ${options.directory}`,
    };
  },
};

async function usableMongod(options: LocalOptions): Promise<{ binary: string; version: string }> {
  const binary = await obtainMongod(options);
  return { binary, version: await mongodVersion(binary, options.env) };
}
