import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLAIM_FILE } from './process/data-directory.js';
import type { LocalWay } from './process/database.js';

type Maker = LocalWay['engine'];

const FILE = 'made-by';

/**
 * Which engine wrote a data directory. Once there is data, a mongod that appears later must not open the embedded
 * engine's files, nor the other way round: their formats differ and the data would seem lost.
 */
export async function madeBy(directory: string): Promise<Maker | undefined> {
  if (!(await hasData(directory))) return undefined;
  const name = await readFile(join(directory, FILE), 'utf8').catch(() => '');
  return (['mongod', 'embedded'] as const).find((maker) => maker === name.trim());
}

/** Notes the engine before it writes its first file; until then the note binds nobody. */
export async function markMaker(directory: string, maker: Maker): Promise<void> {
  if (!(await hasData(directory))) await writeFile(join(directory, FILE), `${maker}\n`);
}

/** Whether there is more than our own notes. */
async function hasData(directory: string): Promise<boolean> {
  const names = await readdir(directory);
  return names.some((name) => name !== FILE && !name.startsWith(CLAIM_FILE));
}
