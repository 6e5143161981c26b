import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { sleep } from '../../../action/http/world.js';
import { parseInputs } from '../../../action/inputs/inputs.js';
import type { Job } from '../../../action/stages/job.js';
import { copyProgram } from '../../../action/stages/program.js';
import { envNameOf } from '../../../action/inputs/names.js';
import { makeWorkspace, type Workspace } from '../support/workspace.js';

interface Play {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly plan?: Readonly<Record<string, unknown>>;
  readonly directory?: string;
  readonly path?: string;
}

async function copied(workspace: Workspace, { inputs = {}, plan = {}, directory = '.', path }: Play = {}) {
  const lines: string[] = [];
  const given = Object.entries(inputs).map(([name, value]) => [envNameOf(name), value]);
  const job = {
    inputs: parseInputs(Object.fromEntries(given)),
    plan: { output: null, start: null, ...plan },
    directory: join(workspace.code, directory),
    workspace: workspace.code,
    world: { env: { PATH: path ?? process.env['PATH'] }, sleep },
    log: (line: string) => void lines.push(line),
    output: () => undefined,
    signal: new AbortController().signal,
  } as unknown as Job;
  const { artifact, body } = await copyProgram(job);
  return { paths: artifact.files.map((file) => file.path), artifact, body, lines };
}

const SERVER = {
  'package.json': JSON.stringify({ scripts: { start: 'node server.js' }, engines: { node: '>=20' } }),
  'server.js': 'listen()',
};

/** A command of a package, as npm links it. */
async function link({ code }: Workspace, name: string, file: string, text: string): Promise<void> {
  const path = join(code, 'node_modules', file);
  await mkdir(dirname(path), { recursive: true });
  await mkdir(join(code, 'node_modules/.bin'), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
  await symlink(`../${file}`, join(code, 'node_modules/.bin', name));
}

test('a server is uploaded with the packages that it runs with, and hidden files', async () => {
  const packages = { '': {}, 'node_modules/a': {}, 'node_modules/b': { dev: true }, 'node_modules/a/c': {} };
  await using workspace = await makeWorkspace({
    ...SERVER,
    '.env.production': 'A=1',
    '.git/config': 'token',
    'node_modules/.package-lock.json': JSON.stringify({ packages }),
    'node_modules/.prisma/client.js': '',
    'node_modules/.cache/x': '',
    'node_modules/a/index.js': '',
    'node_modules/b/index.js': '',
  });
  const { paths, artifact, body, lines } = await copied(workspace);
  expect(paths).toEqual([
    '.env.production',
    'node_modules/.package-lock.json',
    'node_modules/.prisma/client.js',
    'node_modules/a/index.js',
    'package.json',
    'server.js',
  ]);
  expect(artifact.ofProgram).toBe(true);
  expect(body).toEqual({
    nodeVersion: '>=20',
    builtOn: {
      platform: process.platform,
      arch: process.arch,
      libc: process.platform === 'linux' ? expect.stringMatching(/^(glibc|musl)$/) : null,
      nodeMajor: Number.parseInt(process.versions.node, 10),
    },
  });
  expect(lines.join('\n')).toContain('1 packages are for development only');
});

test('the commands of packages become their files, wherever they begin', async () => {
  await using workspace = await makeWorkspace(SERVER);
  await link(workspace, 'next', 'next/dist/bin/next', '#!/usr/bin/env node\n');
  await link(workspace, 'migrate', 'tool/migrate', '#!/bin/sh\n');
  const start = 'A=1 npx migrate up && NODE_ENV=production next start -p $PORT; node next';
  const { body, paths } = await copied(workspace, { inputs: { 'start-command': start } });
  expect(body.start).toBe(
    'A=1 ./node_modules/tool/migrate up && NODE_ENV=production node node_modules/next/dist/bin/next start -p $PORT; node next',
  );
  expect(paths.filter((path) => path.includes('.bin'))).toEqual([]);
});

test('inputs come before the settings, and those before package.json', async () => {
  await using workspace = await makeWorkspace(SERVER);
  const plan = { start: 'node plan.js' };
  expect((await copied(workspace, { plan })).body.start).toBe('node plan.js');
  const inputs = { 'start-command': 'node input.js', 'node-version': '22' };
  expect((await copied(workspace, { plan, inputs })).body).toMatchObject({
    start: 'node input.js',
    nodeVersion: '22',
  });
});

test('a standalone build of Next.js gets its assets, also deep in a workspace', async () => {
  await using workspace = await makeWorkspace({
    'apps/web/package.json': '{"scripts":{"start":"next start"}}',
    'apps/web/.next/standalone/apps/web/server.js': '',
    'apps/web/.next/standalone/node_modules/next/index.js': '',
    'apps/web/.next/static/x.css': '',
    'apps/web/public/logo.svg': '',
  });
  const { paths, body } = await copied(workspace, { directory: 'apps/web' });
  expect(paths).toEqual([
    'apps/web/.next/static/x.css',
    'apps/web/public/logo.svg',
    'apps/web/server.js',
    'node_modules/next/index.js',
  ]);
  expect(body.start).toBe('node apps/web/server.js');
});

test('the output of Nitro is a program of its own', async () => {
  await using workspace = await makeWorkspace({ ...SERVER, '.output/server/index.mjs': '', 'app.vue': '' });
  const { paths, body } = await copied(workspace);
  expect([paths, body.start]).toEqual([['server/index.mjs'], 'node server/index.mjs']);
});

test('an output directory that is named is uploaded as it is, and the server finds out how to start it', async () => {
  await using workspace = await makeWorkspace({ ...SERVER, 'build/index.js': '' });
  const { paths, body } = await copied(workspace, { plan: { output: 'build' } });
  expect([paths, body.start]).toEqual([['index.js'], undefined]);
});

test('what another job built, or a machine without Node, is not told', async () => {
  await using workspace = await makeWorkspace(SERVER);
  expect((await copied(workspace, { inputs: { prebuilt: 'true' } })).body.builtOn).toBeUndefined();
  expect((await copied(workspace, { path: '/nowhere' })).body.builtOn).toBeUndefined();
});

test('packages that pnpm linked are refused with what to do', async () => {
  await using workspace = await makeWorkspace({ ...SERVER, 'node_modules/.pnpm/a/index.js': '' });
  await expect(copied(workspace)).rejects.toThrow('set "node-linker=hoisted" in .npmrc');
});

test('the checkout itself is left as it was', async () => {
  await using workspace = await makeWorkspace(SERVER);
  await link(workspace, 'x', 'x/x.js', '');
  await copied(workspace);
  expect(await readFile(join(workspace.code, 'node_modules/.bin/x'), 'utf8')).toBe('');
});
