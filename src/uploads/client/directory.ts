import { createHash, hash as hashOnce } from 'node:crypto';
import { createReadStream, type Dirent, readFileSync, statSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { VitrineError } from '../../shared/errors.js';
import { quoteName } from '../../shared/text.js';
import { ARTIFACT_LIMITS, type ArtifactLimits } from '../limits.js';
import { type ArtifactFile, byPath, checkSizes, hiddenPath, tooLarge } from '../manifest.js';

/** Files up to this size are read in one synchronous call: for thousands of small files that takes a third of the time. */
const SMALL_BYTES = 1024 * 1024;

/** After so many files, other tasks of the process get their turn. */
const BATCH = 64;

interface HashedDirectory {
  readonly files: readonly ArtifactFile[];
  /** Which files were left out, and why. */
  readonly notes: readonly string[];
}

interface HashProgress {
  readonly files: number;
  readonly of: number;
  readonly bytes: number;
}

interface HashOptions {
  /** Names of folders to skip. */
  readonly without?: readonly string[];
  /** Paths to skip, relative to the directory. */
  readonly skips?: (path: string) => boolean;
  readonly limits?: ArtifactLimits;
  /** A program is started from the files: hidden ones are among them. */
  readonly ofProgram?: boolean;
  /** Ends the work with its reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: HashProgress) => void;
}

/**
 * Lists the files of a directory that may be published, each with its SHA-256. Links are followed only to files inside it. Names and sizes
 * are checked against the limits before any file is read: a sparse file can claim terabytes.
 */
export async function hashDirectory(dir: string, options: HashOptions = {}): Promise<HashedDirectory> {
  const root = await realpath(dir).catch((cause: unknown) => {
    throw new VitrineError('bad_request', `The directory ${dir} cannot be read: does the build write it?`, {
      cause,
    });
  });
  const { without = [], skips = () => false, ofProgram = false, signal } = options;
  const limits = { ...(options.limits ?? ARTIFACT_LIMITS), ofProgram };
  const out = leftOut();
  const pause = pauseEach(BATCH, signal);
  const found = await walk({ root, without, skips, limits, pause, leftOut: out });
  checkSizes(found, limits);
  const files: ArtifactFile[] = [];
  let bytes = 0;
  for (const file of found) {
    await pause();
    files.push({ ...file, hash: await hashFile(join(root, file.path), { ...file, signal }) });
    bytes += file.size;
    options.onProgress?.({ files: files.length, of: found.length, bytes });
  }
  return { files: files.sort(byPath), notes: out.notes() };
}

type Pause = () => Promise<void>;

/** At every `count`th call, lets other tasks of the process run, such as the handler of a signal, and throws once the run is cancelled. */
function pauseEach(count: number, signal: AbortSignal | undefined): Pause {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls % count !== 0) return;
    await nextTurn();
    signal?.throwIfAborted();
  };
}

/** Reads the files of a directory for the packs of an upload. */
export function readFrom(dir: string): (file: ArtifactFile) => AsyncIterable<Uint8Array> {
  return async function* read(file) {
    const path = join(dir, file.path);
    if (file.size <= SMALL_BYTES) yield readFileSync(path);
    else yield* createReadStream(path);
  };
}

async function hashFile(
  path: string,
  { size, signal }: { size: number; signal: AbortSignal | undefined },
): Promise<string> {
  if (size <= SMALL_BYTES) return hashOnce('sha256', readFileSync(path), 'hex');
  const hash = createHash('sha256');
  // No further than its size: a file that still grows would never end. The upload notices that its size changed.
  for await (const chunk of createReadStream(path, { highWaterMark: SMALL_BYTES, end: size })) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

interface Found {
  readonly path: string;
  readonly size: number;
}

interface WalkInput {
  /** Its real path. */
  readonly root: string;
  /** Names of folders to skip, at any depth. */
  readonly without: readonly string[];
  readonly skips: (path: string) => boolean;
  readonly limits: ArtifactLimits;
  readonly pause: Pause;
  readonly leftOut: LeftOut;
}

const HIDDEN = 'hidden, and hidden files are not published';

const NOT_UTF8 = 'named with bytes that are not UTF-8';

/** Finds every file that may be published. Hidden folders are not read: `.git` can hold more files than all others. */
async function walk(input: WalkInput): Promise<Found[]> {
  const found: Found[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await entriesOf(input, folder)) {
      const path = folder + entry.name;
      await input.pause();
      if (input.without.includes(entry.name) || input.skips(path)) continue;
      // Asks about a file inside, because `.well-known` is hidden itself but its files are not.
      if (isHidden(input, entry.isDirectory() ? `${path}/file` : path)) input.leftOut.add(path, HIDDEN);
      else if (entry.isDirectory()) folders.push(`${path}/`);
      else await take(input, { path, entry, found });
      if (found.length > input.limits.files) throw tooMany(input, found);
    }
  }
  return found;
}

function isHidden({ limits }: Pick<WalkInput, 'limits'>, path: string): boolean {
  return limits.ofProgram !== true && hiddenPath(path);
}

/** Stops at the limit: an output directory that holds a package store can have millions of files. */
function tooMany({ limits }: WalkInput, found: readonly Found[]): VitrineError {
  const counts = new Map<string, number>();
  for (const { path } of found) {
    const [top = ''] = path.split('/');
    counts.set(top, (counts.get(top) ?? 0) + 1);
  }
  const [[largest, count] = ['', 0]] = [...counts].sort(([, a], [, b]) => b - a);
  return tooLarge(
    `the directory has more than ${String(limits.files)} files, the most that one preview may have`,
    ...(count > 1 ? [`${quoteName(largest)} alone has ${String(count)} or more.`] : []),
    'Does "output-dir" name only what the build writes?',
  );
}

async function entriesOf({ root, leftOut }: WalkInput, folder: string): Promise<Dirent[]> {
  try {
    return await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    const reason = missingReason(folder);
    if (reason === null || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    leftOut.add(folder.slice(0, -1), reason);
    return [];
  }
}

async function take(
  { root, limits, leftOut }: WalkInput,
  { path, entry, found }: { path: string; entry: Dirent; found: Found[] },
): Promise<void> {
  const absolute = join(root, path);
  const reason = entry.isSymbolicLink()
    ? await refusedLink({ root, limits }, absolute)
    : entry.isFile()
      ? null
      : 'not a regular file';
  if (reason !== null) return leftOut.add(path, reason);
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (stats) found.push({ path, size: stats.size });
  else leftOut.add(path, missingReason(path) ?? 'gone already');
}

/** Node replaces invalid bytes in a name that it reads, and then finds no file with the new name. */
function missingReason(path: string): string | null {
  return path.includes('\ufffd') ? NOT_UTF8 : null;
}

/** Why a link is not followed: it must not publish files of the runner or hidden files. Null for a link to a file. */
async function refusedLink(
  { root, limits }: Pick<WalkInput, 'root' | 'limits'>,
  link: string,
): Promise<string | null> {
  const target = await realpath(link).catch(() => null);
  if (target === null) return 'a link to nothing';
  if (!target.startsWith(root + sep)) return 'a link that leaves the directory';
  if (isHidden({ limits }, relative(root, target).split(sep).join('/'))) return 'a link to a hidden file';
  return (await stat(target)).isFile() ? null : 'a link to something that is not a file';
}

interface LeftOut {
  /** `reason` completes the sentence "it is ...". */
  add(path: string, reason: string): void;
  notes(): string[];
}

/** So many files get a note each. */
const FEW = 3;

/** Collects the files that are left out. A few get a note each, many get one note together. */
function leftOut(): LeftOut {
  const paths = new Map<string, string[]>();
  return {
    add: (path, reason) => {
      const others = paths.get(reason);
      if (others) others.push(path);
      else paths.set(reason, [path]);
    },
    notes: () => [...paths].flatMap(([reason, all]) => sentences(reason, all.toSorted())),
  };
}

function sentences(reason: string, paths: readonly string[]): string[] {
  const names = paths.slice(0, FEW).map((path) => JSON.stringify(path));
  if (paths.length <= FEW) return names.map((name) => `${name} was left out: it is ${reason}.`);
  return [`${String(paths.length)} were left out, such as ${names.join(', ')}: each is ${reason}.`];
}

export interface Artifact {
  readonly directory: string;
  readonly files: readonly ArtifactFile[];
  /** A program is started from them, and visitors get none of them. */
  readonly ofProgram?: boolean;
}
