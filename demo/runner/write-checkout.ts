import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';

/** What actions/checkout leaves: exactly these files. The folder is emptied first. */
export async function writeCheckout(files: Readonly<Record<string, string>>, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await Promise.all(Object.entries(files).map(([path, text]) => writeInside(folder, path, text)));
}

async function writeInside(folder: string, path: string, text: string): Promise<void> {
  const target = resolve(folder, path);
  if (!target.startsWith(resolve(folder) + sep))
    throw new Error(`${path} leaves the checkout: fix the file list.`);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, text);
}
