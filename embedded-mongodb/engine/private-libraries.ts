import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../process/run.js';

const PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1'];

const INDEX_TIMEOUT_MS = 120_000;

const DOWNLOAD_TIMEOUT_MS = 60_000;

const UNPACK_TIMEOUT_MS = 20_000;

export type Libraries = {
  readonly folder: string;
  readonly triplet: string;
  readonly loader: string;
  readonly suite: SuiteChange;
  /** Where apt's source lists are. */
  readonly aptFolder: string;
  readonly env: NodeJS.ProcessEnv;
};

/** Puts another release's C and C++ libraries into `folder`, whole or not at all; needs apt and dpkg, but no root. */
export async function fetchLibraries(libraries: Libraries): Promise<void> {
  const source = sourceForSuite(await readSources(libraries.aptFolder), libraries.suite);
  if (!source)
    throw new Error(
      `no apt source of this machine names ${libraries.suite.own}, so ${libraries.suite.wanted} cannot be asked for`,
    );
  await mkdir(dirname(libraries.folder), { recursive: true });
  const work = await mkdtemp(`${libraries.folder}.`);
  try {
    await download({ work, source, env: libraries.env });
    await unpack(work, libraries);
    await publish(join(work, 'libraries'), libraries);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function readSources(aptFolder: string): Promise<AptSource[]> {
  const folder = join(aptFolder, 'sources.list.d');
  const names = existsSync(folder) ? (await readdir(folder)).sort() : [];
  const files = [join(aptFolder, 'sources.list'), ...names.map((name) => join(folder, name))].filter((file) =>
    existsSync(file),
  );
  const sources = files.filter((file) => /\.(list|sources)$/.test(file));
  return Promise.all(
    sources.map(async (file) => ({
      ending: file.endsWith('.list') ? ('list' as const) : ('sources' as const),
      text: await readFile(file, 'utf8'),
    })),
  );
}

async function download({
  work,
  source,
  env,
}: {
  work: string;
  source: AptSource;
  env: NodeJS.ProcessEnv;
}): Promise<void> {
  const sourceFile = join(work, `source.${source.ending}`);
  const settings = join(work, 'apt.conf');
  await Promise.all(
    ['lists/partial', 'cache/archives/partial', 'packages'].map((name) =>
      mkdir(join(work, name), { recursive: true }),
    ),
  );
  await writeFile(sourceFile, source.text);
  await writeFile(join(work, 'status'), '');
  await writeFile(settings, aptSettings(work, sourceFile));
  const apt = (args: string[], timeoutMs: number): Promise<string> =>
    run({
      command: 'apt-get',
      args: ['--quiet', '--config-file', settings, ...args],
      env,
      cwd: join(work, 'packages'),
      timeoutMs,
    });
  await apt(['update'], INDEX_TIMEOUT_MS);
  await apt(['download', ...PACKAGES], DOWNLOAD_TIMEOUT_MS);
}

/**
 * A world of its own for apt: own source, lists, cache and (empty) package state, none of the machine's pins or hooks;
 * proxies and keys stay the machine's. The sandbox user could not write into a private folder.
 */
function aptSettings(work: string, sourceFile: string): string {
  return `Dir::Etc::sourcelist "${sourceFile}";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
Dir::State::lists "${join(work, 'lists')}";
Dir::State::status "${join(work, 'status')}";
Dir::Cache "${join(work, 'cache')}";
APT::Sandbox::User "root";
APT::Default-Release "";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "10";
Acquire::https::Timeout "10";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`;
}

async function unpack(work: string, { triplet, loader, env }: Libraries): Promise<void> {
  const root = join(work, 'root');
  for (const name of await readdir(join(work, 'packages'))) {
    await run({
      command: 'dpkg',
      args: ['-x', join(work, 'packages', name), root],
      env,
      timeoutMs: UNPACK_TIMEOUT_MS,
    });
  }
  for (const base of ['lib', 'usr/lib']) {
    const from = join(root, base, triplet);
    if (existsSync(from))
      await cp(from, join(work, 'libraries'), { recursive: true, verbatimSymlinks: true });
  }
  if (!existsSync(join(work, 'libraries', loader))) throw new Error(`the packages hold no ${loader}`);
}

/** A rename is all or nothing; when another process was first, its copy is as good as ours. */
async function publish(ready: string, { folder, loader }: Libraries): Promise<void> {
  await rename(ready, folder).catch((error: unknown) => {
    if (!existsSync(join(folder, loader))) throw error;
  });
}

/** One entry of apt's source lists, with the file ending that tells apt how to read it. */
export type AptSource = { readonly ending: 'list' | 'sources'; readonly text: string };

/** The release to look in instead of the machine's own. */
type SuiteChange = { readonly own: string; readonly wanted: string };

/**
 * The machine's own archive entry, pointed at another release of the same archive: the address, the mirror and the key
 * stay those the operator trusts, and none is written into this project.
 */
export function sourceForSuite(sources: readonly AptSource[], suite: SuiteChange): AptSource | undefined {
  for (const source of sources) {
    const text = source.ending === 'list' ? fromList(source.text, suite) : fromStanzas(source.text, suite);
    if (text) return { ending: source.ending, text };
  }
  return undefined;
}

/** `deb [options] address suite component ...`, one a line. */
function fromList(text: string, { own, wanted }: SuiteChange): string | undefined {
  for (const line of text.split('\n')) {
    const parts = /^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line);
    if (parts?.[3] === own && isMain(parts[4]) && !parts[2]?.startsWith('cdrom:')) {
      return `deb ${parts[1] ?? ''}${parts[2]} ${wanted} main\n`;
    }
  }
  return undefined;
}

/** `Field: value` paragraphs; a value may go on in indented lines, as an inline key does. */
function fromStanzas(text: string, { own, wanted }: SuiteChange): string | undefined {
  const stanzas = text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/);
  const stanza = stanzas.find(
    (each) =>
      field(each, 'Suites').includes(own) &&
      isMain(field(each, 'Components').join(' ')) &&
      !field(each, 'Enabled').includes('no'),
  );
  if (!stanza) return undefined;
  const kept = stanza
    .trim()
    .replace(/^(Types|Suites|Components):.*\n?(?:[ \t].*\n?)*/gim, '')
    .trimEnd();
  return `Types: deb\nSuites: ${wanted}\nComponents: main\n${kept}\n`;
}

function field(stanza: string, name: string): string[] {
  const match = new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, 'im').exec(stanza);
  return (match?.[1] ?? '').split(/\s+/).filter(Boolean);
}

function isMain(components: string | undefined): boolean {
  return (components ?? '').split(/\s+/).includes('main');
}
