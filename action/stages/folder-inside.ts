import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import { VitrineError } from '../../src/shared/errors.js';

export interface FolderInput {
  /** The checkout. */
  readonly workspace: string;
  /** Absolute, and inside the checkout as far as its letters go. */
  readonly path: string;
  /** As the beginning of a sentence: `The output directory`. */
  readonly what: string;
  /** What to do when it is not there. */
  readonly remedy: string;
}

/** Holds credentials and whatever was ever deleted: no name and no link leads a deployment there. */
const HISTORY = '.git';
/** Nuxt and Nitro build into it, and make `dist` a link to it. */
const BUILT = '.output';

/**
 * Where a folder of the checkout really is. Whoever writes the pull request can turn it into a link: such a link must not publish what
 * lies outside, nor what nobody named.
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
  const meant = new Set([BUILT, ...named.split(sep)]);
  const hidden = segments.find((segment) => segment.startsWith('.') && !meant.has(segment));
  if (hidden !== undefined)
    throw refused(
      `${subject} is a link to the hidden folder ${JSON.stringify(hidden)}: name ${JSON.stringify(inner)} itself if it is meant.`,
    );
}

function refused(message: string): VitrineError {
  return new VitrineError('bad_request', message);
}
