import { expect, test } from '@jest/globals';
import { chooseBuild } from '../../../action/stages/choose-build.js';
import { chooseInstall } from '../../../action/stages/choose-install.js';
import { readPackage } from '../../../action/stages/package-file.js';
import { makeWorkspace } from '../support/workspace.js';

const BUILDS = JSON.stringify({ scripts: { build: 'vite build' } });

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
  [{ 'package.json': '\ufeff{"scripts":{"test":"x"}}', 'package-lock.json': '' }, 'npm ci', ''],
  [{ 'package.json': '{"scripts":{"build":7}}' }, 'npm install', ''],
])('%j is installed by %j and built by %j', async (files, install, build) => {
  await using workspace = await makeWorkspace(files);
  const found = await readPackage(workspace.code);
  expect([chooseInstall(found).command, chooseBuild(found).command]).toEqual([install, build]);
});

test('a package.json that is no JSON is said to be none', async () => {
  await using workspace = await makeWorkspace({ 'package.json': '{' });
  await expect(readPackage(workspace.code)).rejects.toThrow('package.json is not JSON');
});

test('a missing working directory asks for a checkout', async () => {
  await expect(readPackage('/nowhere/at/all')).rejects.toThrow('actions/checkout');
});
