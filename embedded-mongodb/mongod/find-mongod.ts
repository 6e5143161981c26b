import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { LocalWay } from '../process/database.js';
import { usableVersion } from './mongod-version.js';
import { runMongod } from './mongod.js';

/** A mongod that is installed on this machine. */
export const systemMongod: LocalWay = {
  engine: 'mongod',
  async start(options) {
    const binary = findOnPath('mongod', options.env['PATH']);
    if (!binary) return { missing: 'no mongod is on the PATH' };
    const version = await usableVersion(binary, options);
    if (typeof version !== 'string') return version;
    const found = await runMongod({ binary, version }, options);
    return { ...found, way: `mongod ${version} from the PATH (${binary}), data in ${options.directory}` };
  },
};

/** The first executable file of that name; relative entries are skipped, since they mean another program in every folder. */
export function findOnPath(name: string, path: string | undefined): string | undefined {
  const folders = (path ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
