import { stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { VitrineError } from '../../src/shared/errors.js';
import { showBytes } from '../../src/shared/text.js';
import { type Artifact, hashDirectory } from '../../src/uploads/client/directory.js';
import { folderInside } from './folder-inside.js';
import type { Job } from './job.js';

/** Where builds put their output, most telling first. */
const USUAL = ['dist', 'build', 'out', 'public', '_site'] as const;

/** A page that needs no build. What a build started from lies there too, and is not its output. */
const HERE = '.';

const MODULES = 'node_modules';

/** Takes stock of what the build made. */
export async function copy(job: Job, { built }: { readonly built: boolean }): Promise<Artifact> {
  const output =
    job.inputs.outputDir ?? job.plan.output ?? (await findOutput(job, built ? USUAL : [...USUAL, HERE]));
  const directory = await folderInside({
    workspace: job.workspace,
    path: inside(job.directory, output),
    what: 'The output directory',
    remedy: 'does the build write it? The input "output-dir" changes it.',
  });
  job.log(`Publishing the directory "${output}" (the input "output-dir" changes it).`);
  // Where the page is the checkout itself, what was installed lies in it.
  const without = inside(job.directory, output) === job.directory ? [MODULES] : [];
  const { files, notes } = await hashDirectory(directory, { without });
  for (const note of notes) job.log(note, 'warning');
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const less = without.length > 0 ? ` ${MODULES} is never published from there.` : '';
  job.log(`Found ${String(files.length)} files, ${showBytes(bytes)}.${less}`);
  return { directory, files };
}

async function findOutput({ directory }: Job, candidates: readonly string[]): Promise<string> {
  for (const name of candidates) {
    const found = await stat(join(directory, name, 'index.html')).catch(() => null);
    if (found?.isFile()) return name;
  }
  throw new VitrineError(
    'unprocessable',
    `There is no index.html in ${candidates.map((name) => JSON.stringify(name)).join(', ')}: set the input "output-dir" to what the build writes.`,
  );
}

function inside(root: string, path: string): string {
  const found = resolve(root, path);
  if (found === root || found.startsWith(root + sep)) return found;
  throw new VitrineError(
    'bad_request',
    `The output directory ${JSON.stringify(path)} leaves the working directory.`,
  );
}
