import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VitrineError } from '../../src/domain/errors.js';
import { field, parseJson, textAt } from '../json.js';

/** What the working directory says about how it is built. */
export interface PackageFile {
  readonly files: ReadonlySet<string>;
  /** Null when there is no package.json. */
  readonly scripts: { readonly build: string | null } | null;
}

export async function readPackage(directory: string): Promise<PackageFile> {
  const files = new Set(await namesIn(directory));
  if (!files.has('package.json')) return { files, scripts: null };
  const parsed = parseJson((await readFile(join(directory, 'package.json'), 'utf8')).replace(/^\ufeff/, ''));
  if (field(parsed) === undefined)
    throw new VitrineError('unprocessable', 'package.json is not JSON: repair it.');
  return { files, scripts: { build: textAt(parsed, 'scripts', 'build') } };
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((cause: unknown) => {
    throw new VitrineError(
      'bad_request',
      'The working directory does not exist: check out the code first (actions/checkout), or correct "working-directory".',
      { cause },
    );
  });
}
