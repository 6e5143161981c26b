import type { LocalWay } from '../process/database.js';
import { usableVersion } from './mongod-version.js';
import { runMongod } from './mongod.js';
import { obtainMongod } from './obtain-mongod.js';

/** A mongod that mongodb-memory-server keeps in its cache, or downloads into it. */
export const cachedMongod: LocalWay = {
  engine: 'mongod',
  async start(options) {
    const binary = await obtainMongod(options).catch((error: Error) => error);
    if (binary instanceof Error)
      return { missing: `mongodb-memory-server has no mongod for us: ${binary.message}` };
    const version = await usableVersion(binary, options);
    if (typeof version !== 'string') return version;
    const found = await runMongod({ binary, version }, options);
    return {
      ...found,
      way: `mongod ${version} of mongodb-memory-server (${binary}), data in ${options.directory}`,
    };
  },
};
