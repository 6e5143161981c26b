import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalWay } from './database.js';

type Maker = LocalWay['engine'];

const FILE = 'made-by';

/**
 * Which engine wrote a data directory. Once there is data, a mongod that appears later must not open the embedded
 * engine's files, nor the other way round: their formats differ and the data would seem lost.
 */
export async function madeBy(directory: string): Promise<Maker | undefined> {
  const name = await readFile(join(directory, FILE), 'utf8').catch(() => '');
  return (['mongod', 'embedded'] as const).find((maker) => maker === name.trim());
}

/** Notes the engine before it writes its first file; call the result to take the note back when it wrote none. */
export async function markMaker(directory: string, maker: Maker): Promise<() => Promise<void>> {
  const fresh = (await readdir(directory)).length === 0;
  if (!fresh) return async () => undefined;
  const file = join(directory, FILE);
  await writeFile(file, `${maker}\n`);
  return () => rm(file, { force: true });
}
