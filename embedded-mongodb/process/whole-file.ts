import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, rename, rm, writeFile } from 'node:fs/promises';

/** Makes a small file that is never seen half written, unless there is one already; tells whether it did. */
export async function createWhole(file: string, text: string): Promise<boolean> {
  const draft = await writeDraft(file, text);
  try {
    await link(draft, file).catch((error: unknown) => {
      if (hasCode(error, 'EEXIST')) throw error;
      // Some file systems of containers and memory sticks know no links.
      return copyFile(draft, file, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Puts a small file in the place of another, in one step. */
export async function replaceWhole(file: string, text: string): Promise<void> {
  await rename(await writeDraft(file, text), file);
}

async function writeDraft(file: string, text: string): Promise<string> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, text);
  return draft;
}

/** Not by `instanceof`: errors of the platform may come from another realm. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
