import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Workspace extends AsyncDisposable {
  readonly root: string;
  readonly code: string;
}

/** A checkout beside the files by which a runner and a step speak to each other. */
export async function makeWorkspace(files: Readonly<Record<string, string>>): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), 'vitrine-action-'));
  const code = join(root, 'code');
  await mkdir(code);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(code, path)), { recursive: true });
    await writeFile(join(code, path), text);
  }
  return { root, code, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

/** A page that needs no build. */
export const PAGE = { 'index.html': '<h1>Hello</h1>', 'style.css': 'h1 { color: teal }' };
