import { readFile, rename, rm, writeFile } from 'node:fs/promises';

/** Puts variables into a file that only its owner may read. What else is in it stays; it is whole at every moment. */
export async function writeEnvFile(path: string, values: Readonly<Record<string, string>>): Promise<void> {
  const before = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const kept = withoutNames(before, Object.keys(values));
  const lines = Object.entries(values).map(([name, value]) => `${name}="${value.replaceAll('\n', '\\n')}"`);
  const fresh = `${path}.${process.pid}.new`;
  try {
    await writeFile(fresh, `${[...kept, ...lines].join('\n')}\n`, { mode: 0o600 });
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Everything is on one line here, since that is how it was written. */
function withoutNames(text: string, names: readonly string[]): string[] {
  const lines = text.replace(/\n+$/, '').split('\n');
  return lines
    .filter((line) => line !== '' || lines.length > 1)
    .filter((line) => !names.some((name) => line.startsWith(`${name}=`)));
}
