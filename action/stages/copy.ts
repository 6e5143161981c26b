import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { VitrineError } from '../../src/shared/errors.js';
import { showBytes } from '../../src/shared/text.js';
import { type Artifact, hashDirectory } from '../../src/uploads/client/directory.js';
import type { Job } from './job.js';

/** Where build tools write their output. The first one with a page wins. */
const USUAL = ['dist', 'build', 'out', 'public', '_site'] as const;

/** The root, for a page without a build. After a build it is no candidate, because it holds the sources. */
const HERE = '.';

const MODULES = 'node_modules';

/** Finds the output directory and hashes its files. */
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
  // The working directory itself also holds the installed packages.
  const without = inside(job.directory, output) === job.directory ? [MODULES] : [];
  const { files, notes } = await hashDirectory(directory, { without, signal: job.signal });
  for (const note of notes) job.log(note, 'warning');
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const skipped = without.length > 0 ? ` ${MODULES} is never published from there.` : '';
  job.log(`Found ${String(files.length)} files, ${showBytes(bytes)}.${skipped}`);
  return { directory, files };
}

async function findOutput({ directory }: Job, candidates: readonly string[]): Promise<string> {
  for (const name of candidates) {
    const found = await stat(join(directory, name, 'index.html')).catch(() => null);
    if (found?.isFile()) return name;
  }
  throw new VitrineError(
    'unprocessable',
    `There is no index.html in ${candidates.map((name) => JSON.stringify(name)).join(', ')}: set the input "output-dir" to the directory that the build writes.`,
  );
}

/** The absolute path of an output directory. */
export function inside(root: string, path: string): string {
  const found = resolve(root, path);
  if (found === root || found.startsWith(root + sep)) return found;
  throw new VitrineError(
    'bad_request',
    `The output directory ${JSON.stringify(path)} is outside the working directory.`,
  );
}

interface FolderInput {
  /** The checkout. */
  readonly workspace: string;
  /** Absolute, and inside the checkout before links are resolved. */
  readonly path: string;
  /** The start of a sentence: `The output directory`. */
  readonly what: string;
  /** Advice for the case that it does not exist. */
  readonly remedy: string;
}

/** Holds credentials and deleted files: it is never published, neither by name nor through a link. */
const HISTORY = '.git';

/** Nuxt and Nitro build into it and make `dist` a link to it. */
const BUILT = '.output';

/**
 * The real path of a folder in the checkout. The author of the pull request can replace the folder by a link, which must not publish
 * files outside the checkout or in a hidden folder.
 */
export async function folderInside({ workspace, path, what, remedy }: FolderInput): Promise<string> {
  const named = relative(workspace, path) || '.';
  const subject = `${what} ${JSON.stringify(named)}`;
  const found = await realpath(path).catch(() => null);
  if (found === null) throw refused(`${subject} does not exist: ${remedy}`);
  const inner = relative(await realpath(workspace), found);
  if (inner === '..' || inner.startsWith(`..${sep}`) || isAbsolute(inner))
    throw refused(`${subject} is a link that leads out of the checkout.`);
  refuseHidden(subject, { named, inner });
  if (!(await stat(found)).isDirectory())
    throw refused(`${subject} is a file: name the directory that holds it.`);
  return found;
}

function refuseHidden(subject: string, { named, inner }: { named: string; inner: string }): void {
  const segments = inner.split(sep);
  if (segments.includes(HISTORY))
    throw refused(`${subject} leads to "${HISTORY}", which is never published.`);
  const allowed = new Set([BUILT, ...named.split(sep)]);
  const hidden = segments.find((segment) => segment.startsWith('.') && !allowed.has(segment));
  if (hidden !== undefined)
    throw refused(
      `${subject} is a link to the hidden folder ${JSON.stringify(hidden)}: to publish it, use its own path ${JSON.stringify(inner)}.`,
    );
}

function refused(message: string): VitrineError {
  return new VitrineError('bad_request', message);
}
