import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseInputs } from '../../../action/inputs/inputs.js';
import { copy } from '../../../action/stages/copy.js';
import type { Job } from '../../../action/stages/job.js';
import { makeWorkspace, type Workspace } from '../support/workspace.js';

async function copied(
  workspace: Workspace,
  {
    input = '',
    plan = null,
    directory = '.',
    built = false,
    signal,
  }: {
    input?: string;
    plan?: string | null;
    directory?: string;
    built?: boolean;
    signal?: AbortSignal;
  } = {},
) {
  const lines: string[] = [];
  const job = {
    inputs: parseInputs({ 'INPUT_OUTPUT-DIR': input }),
    plan: { output: plan },
    directory: join(workspace.code, directory),
    workspace: workspace.code,
    log: (line: string) => void lines.push(line),
    signal,
  } as unknown as Job;
  const { files } = await copy(job, { built });
  return { paths: files.map(({ path }) => path), lines };
}

test.each([
  ['dist before the others', ['build/index.html', 'dist/index.html', 'dist/a.css'], ['a.css', 'index.html']],
  ['build', ['build/index.html', 'public/index.html'], ['index.html']],
  ['out', ['out/index.html', 'index.html'], ['index.html']],
  ['_site', ['_site/index.html', '_site/b.html'], ['b.html', 'index.html']],
  [
    'the folder itself, without its modules',
    ['index.html', 'node_modules/x/y.js', 'js/node_modules/z.js'],
    ['index.html'],
  ],
  ['not a dist without a page', ['dist/lib.js', 'index.html', 'a.js'], ['a.js', 'dist/lib.js', 'index.html']],
])('%s is found', async (_title, files, paths) => {
  await using workspace = await makeWorkspace(Object.fromEntries(files.map((path) => [path, 'x'])));
  expect((await copied(workspace)).paths).toEqual(paths);
});

test('after a build the folder in which it started is never taken for what it wrote, unless it is named', async () => {
  await using workspace = await makeWorkspace({ 'index.html': '', 'src/main.ts': '', 'www/index.html': '' });
  await expect(copied(workspace, { built: true })).rejects.toThrow(
    'There is no index.html in "dist", "build", "out", "public", "_site": set the input "output-dir"',
  );
  expect((await copied(workspace, { built: true, input: 'www' })).paths).toEqual(['index.html']);
  expect((await copied(workspace, { built: true, plan: '.' })).paths).toContain('src/main.ts');
});

test('the input wins over the settings, and the settings over what is there', async () => {
  await using workspace = await makeWorkspace({ 'a/x': '', 'b/y': '', 'dist/index.html': '' });
  expect((await copied(workspace, { input: 'a', plan: 'b' })).paths).toEqual(['x']);
  expect((await copied(workspace, { plan: 'b' })).paths).toEqual(['y']);
});

test('the choice is told, with how to change it', async () => {
  await using workspace = await makeWorkspace({ 'dist/index.html': '12345' });
  expect((await copied(workspace)).lines).toEqual([
    'Publishing the directory "dist" (the input "output-dir" changes it).',
    'Found 1 files, 5 bytes.',
  ]);
});

test('without a page anywhere the input is named that helps', async () => {
  await using workspace = await makeWorkspace({ 'README.md': '' });
  await expect(copied(workspace)).rejects.toThrow('set the input "output-dir"');
});

test('a directory that the build did not write is named as it was given', async () => {
  await using workspace = await makeWorkspace({ 'web/package.json': '{}' });
  await expect(copied(workspace, { input: 'site', directory: 'web' })).rejects.toThrow(
    'The output directory "web/site" does not exist: does the build write it? The input "output-dir" changes it.',
  );
});

test('a file in the place of the output directory is said to be one', async () => {
  await using workspace = await makeWorkspace({ 'site/index.html': '' });
  await expect(copied(workspace, { input: 'site/index.html' })).rejects.toThrow(
    'The output directory "site/index.html" is a file: name the directory that holds it.',
  );
});

test.each([
  ['out of the checkout', '/etc/ssl', 'is a link that leads out of the checkout'],
  ['into the history', '.git', 'leads to ".git", which is never published'],
  ['to a hidden folder', '.config', 'is a link to the hidden folder ".config"'],
])('an output directory that is a link %s is refused', async (_where, target, words) => {
  await using workspace = await makeWorkspace({ '.git/config': 'token', '.config/x': 'x', 'web/a': '' });
  await symlink(target, join(workspace.code, 'lnk'));
  await symlink(join('..', 'lnk'), join(workspace.code, 'web', 'lnk'));
  await expect(copied(workspace, { input: 'lnk' })).rejects.toThrow(words);
  await expect(copied(workspace, { input: 'lnk', directory: 'web' })).rejects.toThrow(words);
  await expect(copied(workspace, { plan: 'lnk' })).rejects.toThrow(words);
});

test('the history is refused by its own name too', async () => {
  await using workspace = await makeWorkspace({ '.git/config': 'token' });
  await expect(copied(workspace, { plan: '.git' })).rejects.toThrow('never published');
  await expect(copied(workspace, { directory: '.git', input: '.' })).rejects.toThrow('never published');
});

test('a page behind a link out of the checkout is not found by itself', async () => {
  await using workspace = await makeWorkspace({});
  const outside = await mkdtemp(join(tmpdir(), 'vitrine-outside-'));
  await writeFile(join(outside, 'index.html'), 'secret');
  await symlink(outside, join(workspace.code, 'dist'));
  await expect(copied(workspace)).rejects.toThrow('leads out of the checkout');
  await rm(outside, { recursive: true });
});

test.each([
  ['a folder beside it', 'real', 'real'],
  ['where Nuxt builds to', '.output/public', '.output/public'],
])('a link to %s is followed', async (_title, target, folder) => {
  await using workspace = await makeWorkspace({ [`${folder}/index.html`]: 'x' });
  await symlink(target, join(workspace.code, 'dist'));
  expect((await copied(workspace)).paths).toEqual(['index.html']);
});

test('a hidden folder is published when it is named', async () => {
  await using workspace = await makeWorkspace({ '.vitepress/dist/index.html': 'x' });
  expect((await copied(workspace, { input: '.vitepress/dist' })).paths).toEqual(['index.html']);
});

test('a checkout that is itself reached by a link is no way out', async () => {
  await using workspace = await makeWorkspace({ 'index.html': 'x' });
  const here = join(workspace.root, 'here');
  await symlink(workspace.code, here);
  expect((await copied({ ...workspace, code: here })).paths).toEqual(['index.html']);
});

test('settings that lead out of the working directory are refused', async () => {
  await using workspace = await makeWorkspace({});
  await expect(copied(workspace, { plan: '../..' })).rejects.toThrow('is outside the working directory');
});

test('a link that leads out is left out and told', async () => {
  await using workspace = await makeWorkspace({ 'dist/index.html': '' });
  await symlink('/etc/hostname', join(workspace.code, 'dist', 'secret.txt'));
  const { paths, lines } = await copied(workspace);
  expect(paths).toEqual(['index.html']);
  expect(lines.join()).toContain('"secret.txt" was left out');
});

test('hidden files are left out and told', async () => {
  await using workspace = await makeWorkspace({ 'dist/index.html': '', 'dist/.env': 'KEY=1' });
  const { paths, lines } = await copied(workspace);
  expect(paths).toEqual(['index.html']);
  expect(lines.join()).toContain('".env" was left out');
});

test('a run that is cancelled while the files are read stops reading them', async () => {
  const files = Array.from({ length: 200 }, (_, index) => [`dist/${String(index)}.txt`, 'x']);
  await using workspace = await makeWorkspace({ 'dist/index.html': 'x', ...Object.fromEntries(files) });
  const signal = AbortSignal.abort(new Error('The workflow run was cancelled.'));
  await expect(copied(workspace, { signal })).rejects.toThrow('The workflow run was cancelled.');
});
