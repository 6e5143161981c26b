import { readFile, rename, rm, writeFile } from 'node:fs/promises';

/** Puts variables into a file that only its owner may read. What else is in it stays; it is whole at every moment. */
export async function writeEnvFile(path: string, values: Readonly<Record<string, string>>): Promise<void> {
  const kept = withoutNames(await textOf(path), Object.keys(values));
  const fresh = besides(path);
  try {
    await writeFile(fresh, `${[...kept, ...envLines(values)].join('\n')}\n`, { mode: 0o600 });
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** The same without a change of the file: throws where it could not be read or written. */
export async function probeEnvFile(path: string): Promise<void> {
  await textOf(path);
  const fresh = besides(path);
  try {
    await writeFile(fresh, '', { mode: 0o600 });
  } finally {
    await rm(fresh, { force: true });
  }
}

export function envLines(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}="${value.replaceAll('\n', '\\n')}"`);
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}

function besides(path: string): string {
  return `${path}.${process.pid}.new`;
}

/** Everything is on one line here, since that is how it was written. */
function withoutNames(text: string, names: readonly string[]): string[] {
  const lines = text.replace(/\n+$/, '').split('\n');
  return lines
    .filter((line) => line !== '' || lines.length > 1)
    .filter((line) => !names.some((name) => line.startsWith(`${name}=`)));
}
