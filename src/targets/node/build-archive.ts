import { once } from 'node:events';
import { posix } from 'node:path';
import type { Pack } from 'tar-stream';
import { VitrineError } from '../../shared/errors.js';
import { commandLinks } from './commands.js';
import type { Build, BuildFile } from './runner.js';

interface Placing {
  /** Where the build goes, as `app`. */
  readonly folder: string;
  /** Whom the files belong to. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

type Archive = Pack;
type Header = Parameters<Archive['entry']>[0];

/** Everybody may read it and, because an upload does not say which files are programs, start it. */
const MODE = 0o755;

/** A build as a tar archive. No more of it is in memory than the chunk that is sent. */
export async function* archiveOf(build: Build, { folder, owner }: Placing): AsyncGenerator<Uint8Array> {
  // Loaded with the first one: most servers make none.
  const { pack } = await import('tar-stream');
  const archive = pack();
  const filled = fill(archive, { build, folder, header: { ...owner, mode: MODE, mtime: new Date() } });
  filled.then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  try {
    for await (const chunk of archive) yield chunk as Uint8Array;
    await filled;
  } finally {
    archive.destroy(null);
  }
}

interface Filling {
  readonly build: Build;
  readonly folder: string;
  readonly header: Omit<Header, 'name'>;
}

async function fill(archive: Archive, { build, folder, header }: Filling): Promise<void> {
  const links = await commandLinks(build);
  const isReplaced = ({ path }: BuildFile) => [path, posix.dirname(path)].some((one) => links.has(one));
  const files = build.files.filter((file) => !isReplaced(file));
  const paths = [...files.map(({ path }) => path), ...links.keys()];
  for (const name of foldersOf(paths.map((path) => placed(folder, path))))
    archive.entry({ ...header, name, type: 'directory' });
  for (const file of files) {
    const name = placed(folder, file.path);
    await addFile(archive, { build, file, header: { ...header, name } });
  }
  for (const [path, linkname] of links)
    archive.entry({ ...header, name: placed(folder, path), type: 'symlink', linkname });
}

function placed(folder: string, path: string): string {
  const name = posix.join(folder, path);
  if (!name.startsWith(`${folder}/`))
    throw new VitrineError('unprocessable', 'A file of the build lies outside of it: upload it again.');
  return name;
}

/** Every folder above these paths, each after the one that it is in: those that an archive does not name belong to root. */
function foldersOf(paths: readonly string[]): readonly string[] {
  const folders = new Set<string>();
  for (const path of paths)
    for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder))
      folders.add(folder);
  return [...folders].sort();
}

interface Adding {
  readonly build: Build;
  readonly file: BuildFile;
  readonly header: Header;
}

async function addFile(archive: Archive, { build, file, header }: Adding): Promise<void> {
  let ended: (error?: Error | null) => void = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    ended = (error) => (error ? reject(error) : resolve());
  });
  const sink = archive.entry({ ...header, size: file.size }, ended);
  // Its end comes by the callback; without a listener it would end the process.
  sink.on('error', () => undefined);
  done.catch(() => undefined);
  // When the engine refuses the archive, no more of the file is wanted: `done` says so.
  for await (const chunk of build.read(file))
    if (!sink.write(chunk)) await Promise.race([once(sink, 'drain'), done]);
  sink.end(null);
  await done;
}
