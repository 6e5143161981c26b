import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { chooseBuild } from '../../../action/stages/build.js';
import { chooseInstall, readPackages } from '../../../action/stages/install.js';
import { makeWorkspace, type Workspace } from '../support/workspace.js';

const BUILDS = JSON.stringify({ scripts: { build: 'vite build' } });

function managed(packageManager: string) {
  return JSON.stringify({ packageManager, scripts: { build: 'vite build' } });
}

function packagesIn({ code }: Workspace, below = '.') {
  return readPackages({ workspace: code, directory: join(code, below) });
}

test.each([
  [{ 'index.html': '' }, '', ''],
  [{ 'package.json': BUILDS, 'package-lock.json': '{}' }, 'npm ci', 'npm run build'],
  [{ 'package.json': BUILDS, 'npm-shrinkwrap.json': '{}' }, 'npm ci', 'npm run build'],
  [{ 'package.json': BUILDS, 'pnpm-lock.yaml': '' }, 'pnpm install --frozen-lockfile', 'pnpm run build'],
  [{ 'package.json': BUILDS, 'yarn.lock': '' }, 'yarn install --frozen-lockfile', 'yarn run build'],
  [
    { 'package.json': BUILDS, 'yarn.lock': '', '.yarnrc.yml': '' },
    'yarn install --immutable',
    'yarn run build',
  ],
  [{ 'package.json': BUILDS, 'bun.lock': '' }, 'bun install --frozen-lockfile', 'bun run build'],
  [{ 'package.json': BUILDS }, 'npm install', 'npm run build'],
  [{ 'package.json': managed('pnpm@9.1.0') }, 'pnpm install', 'pnpm run build'],
  [{ 'package.json': managed('yarn@1.22.0') }, 'yarn install', 'yarn run build'],
  [{ 'package.json': managed('yarn@4.5.0+sha512.abc') }, 'yarn install --no-immutable', 'yarn run build'],
  [{ 'package.json': managed('rm -rf /') }, 'npm install', 'npm run build'],
  [
    { 'package.json': managed('pnpm@9.1.0'), 'yarn.lock': '' },
    'yarn install --frozen-lockfile',
    'yarn run build',
  ],
  [{ 'package.json/index.html': '' }, '', ''],
  [{ 'package.json': '\ufeff{"scripts":{"test":"x"}}', 'package-lock.json': '' }, 'npm ci', ''],
  [{ 'package.json': '{"scripts":{"build":7}}' }, 'npm install', ''],
])('%j is installed by %j and built by %j', async (files, install, build) => {
  await using workspace = await makeWorkspace(files);
  const found = await packagesIn(workspace);
  expect([chooseInstall(found).command, chooseBuild(found).command]).toEqual([install, build]);
});

test('a package.json that is no JSON is said to be none', async () => {
  await using workspace = await makeWorkspace({ 'package.json': '{' });
  await expect(packagesIn(workspace)).rejects.toThrow('package.json is not JSON');
});

test('a missing working directory asks for a checkout', async () => {
  await expect(readPackages({ workspace: '/nowhere', directory: '/nowhere/at/all' })).rejects.toThrow(
    'actions/checkout',
  );
});

describe('in a folder of a monorepo', () => {
  const site = { 'packages/site/package.json': BUILDS };
  const workspaces = JSON.stringify({ workspaces: ['packages/*'] });
  const yaml = 'packages: [packages/*]\n';

  test.each([
    [
      'pnpm',
      { 'pnpm-workspace.yaml': yaml, 'pnpm-lock.yaml': '', 'package.json': '{}' },
      'pnpm install --frozen-lockfile',
      'pnpm run build',
    ],
    ['npm', { 'package.json': workspaces, 'package-lock.json': '' }, 'npm ci', 'npm run build'],
    [
      'Yarn, in the older spelling',
      { 'package.json': '{"workspaces":{"packages":["./packages/*/"]}}', 'yarn.lock': '' },
      'yarn install --frozen-lockfile',
      'yarn run build',
    ],
    [
      'a package manager that is only named',
      { 'package.json': JSON.stringify({ workspaces: ['packages/*'], packageManager: 'bun@1.1.0' }) },
      'bun install',
      'bun run build',
    ],
    ['no lock file at all', { 'package.json': workspaces }, 'npm install', 'npm run build'],
  ])('%s is found at the root, where it installs', async (_title, files, install, build) => {
    await using workspace = await makeWorkspace({ ...site, ...files });
    const found = await packagesIn(workspace, 'packages/site');
    expect(chooseInstall(found)).toMatchObject({ command: install, directory: workspace.code });
    expect(chooseBuild(found).command).toBe(build);
  });

  test.each([
    ['does not name it', { 'package.json': '{"workspaces":["libs/*"]}', 'package-lock.json': '' }],
    ['is none', { 'package.json': '{}', 'package-lock.json': '' }],
    ['cannot be read', { 'package.json': '{', 'package-lock.json': '' }],
    [
      'has only settings of pnpm',
      { 'pnpm-workspace.yaml': 'onlyBuiltDependencies: []\n', 'pnpm-lock.yaml': '' },
    ],
  ])('a workspace above that %s has no say', async (_title, files) => {
    await using workspace = await makeWorkspace({ ...site, ...files });
    const found = await packagesIn(workspace, 'packages/site');
    const directory = join(workspace.code, 'packages/site');
    expect(chooseInstall(found)).toMatchObject({ command: 'npm install', directory });
  });

  test('its own lock file comes first', async () => {
    const own = { ...site, 'packages/site/package-lock.json': '' };
    await using workspace = await makeWorkspace({ ...own, 'package.json': workspaces, 'yarn.lock': '' });
    const found = await packagesIn(workspace, 'packages/site');
    expect(chooseInstall(found)).toMatchObject({ command: 'npm ci', directory: found.found.directory });
  });

  test('what lies above the checkout has no say', async () => {
    await using workspace = await makeWorkspace({ ...site, 'package.json': workspaces, 'yarn.lock': '' });
    const inner = { ...workspace, code: join(workspace.code, 'packages/site') };
    expect(chooseInstall(await packagesIn(inner)).command).toBe('npm install');
  });
});
