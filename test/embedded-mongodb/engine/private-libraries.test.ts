import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Libraries, fetchLibraries } from '../../../embedded-mongodb/engine/private-libraries.js';

const LOADER = 'ld-linux-x86-64.so.2';

/** Stands for apt: keeps its settings and source for the test to read, and "downloads" one file a package. */
const APT_GET = `#!/bin/sh
cp "$3" "$RECORD/apt.conf"; cp ../source.* "$RECORD/"; echo "$4" >> "$RECORD/commands"
[ "$4" = download ] && shift 4 && for name; do echo x > "$name.deb"; done
exit 0
`;
/** Stands for dpkg: what Debian 13's libc6 unpacks to. */
const DPKG = `#!/bin/sh
mkdir -p "$3/usr/lib/x86_64-linux-gnu" && echo loader > "$3/usr/lib/x86_64-linux-gnu/${LOADER}"
`;

type Machine = AsyncDisposable & { readonly folder: string; readonly libraries: Libraries };

async function machine(programs: Record<string, string>): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-libraries-'));
  await Promise.all(['bin', 'record', 'apt'].map((name) => mkdir(join(folder, name))));
  await writeFile(join(folder, 'apt/sources.list'), 'deb http://archive.example/debian bookworm main\n');
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, 'bin', name), text);
    await chmod(join(folder, 'bin', name), 0o755);
  }
  const env = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, RECORD: join(folder, 'record') };
  const suite = { own: 'bookworm', wanted: 'trixie' };
  const libraries = {
    folder: join(folder, 'cache/glibc-trixie'),
    triplet: 'x86_64-linux-gnu',
    loader: LOADER,
    suite,
    aptFolder: join(folder, 'apt'),
    env,
  };
  return { folder, libraries, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

test('apt is asked in a world of its own for another release of the machine’s own archive', async () => {
  await using place = await machine({ 'apt-get': APT_GET, dpkg: DPKG });
  await fetchLibraries(place.libraries);
  expect(await readFile(join(place.folder, 'record/source.list'), 'utf8')).toBe(
    'deb http://archive.example/debian trixie main\n',
  );
  expect(await readFile(join(place.folder, 'record/commands'), 'utf8')).toBe('update\ndownload\n');
  const settings = await readFile(join(place.folder, 'record/apt.conf'), 'utf8');
  const folders = [
    ...settings.matchAll(/^Dir::(?:State::lists|State::status|Cache|Etc::sourcelist) "(.*)";$/gm),
  ].map((match) => match[1]);
  expect(folders).toHaveLength(4);
  for (const each of folders) expect(each).toContain(`${place.libraries.folder}.`);
});

test('several processes that fetch at once end up with one whole folder and leave nothing beside it', async () => {
  await using place = await machine({ 'apt-get': APT_GET, dpkg: DPKG });
  await Promise.all([1, 2, 3].map(() => fetchLibraries(place.libraries)));
  expect(await readdir(join(place.folder, 'cache'))).toEqual(['glibc-trixie']);
  expect(await readdir(place.libraries.folder)).toEqual([LOADER]);
});

test.each([
  [
    'apt fails',
    { 'apt-get': '#!/bin/sh\necho "E: no network"; exit 100\n', dpkg: DPKG },
    /apt-get .* ended with 100: E: no network/,
  ],
  ['a package does not unpack', { 'apt-get': APT_GET, dpkg: '#!/bin/sh\nexit 2\n' }, /dpkg -x ended with 2/],
  ['the packages hold no loader', { 'apt-get': APT_GET, dpkg: '#!/bin/sh\nexit 0\n' }, /hold no ld-linux/],
])('when %s the reason is told and no half of it stays', async (_what, programs, message) => {
  await using place = await machine(programs);
  await expect(fetchLibraries(place.libraries)).rejects.toThrow(message);
  expect(await readdir(join(place.folder, 'cache'))).toEqual([]);
});

test('a machine whose sources name no such release is told so before anything is fetched', async () => {
  await using place = await machine({});
  const libraries = { ...place.libraries, suite: { own: 'buster', wanted: 'trixie' } };
  await expect(fetchLibraries(libraries)).rejects.toThrow('no apt source of this machine names buster');
});
