import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { detectProject, FILES_TO_READ } from '../../src/projects/detect.js';
import { ROOT } from '../support/architecture/read-sources.js';

/** A folder as the server sees it at GitHub. */
function folder(name: string) {
  const at = join(ROOT, 'examples', name);
  const names = readdirSync(at);
  const wanted = names.filter((one) => FILES_TO_READ.includes(one) && statSync(join(at, one)).isFile());
  return {
    names,
    texts: Object.fromEntries(wanted.map((one) => [one, readFileSync(join(at, one), 'utf8')])),
  };
}

test.each([
  ['hello', { framework: 'A site with a build', served: 'files', packageManager: 'npm' }],
  ['node', { served: 'program', packageManager: 'npm' }],
  ['guestbook', { served: 'files' }],
  ['docker', { framework: 'An image of a Dockerfile', served: 'image' }],
  ['compose', { framework: 'Services of compose.yaml', served: 'services' }],
] as const)('examples/%s is recognised for what it is', (name, expected) => {
  expect(detectProject(folder(name))).toMatchObject(expected);
});

interface Given {
  readonly packages?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly more?: Readonly<Record<string, unknown>>;
}

function seen({ packages = [], scripts = { build: 'x' }, files = {}, more = {} }: Given) {
  const dependencies = Object.fromEntries(packages.map((name) => [name, '*']));
  const texts = { 'package.json': JSON.stringify({ scripts, dependencies, ...more }), ...files };
  return { names: Object.keys(texts), texts };
}

test.each<[string, Given, object]>([
  ['Vite', { packages: ['vite', 'react'] }, { served: 'files', output: 'dist', spa: true }],
  ['Next.js (server)', { packages: ['next', 'react'] }, { served: 'program', port: 3_000 }],
  [
    'Next.js (static export)',
    { packages: ['next'], files: { 'next.config.mjs': "export default { output: 'export' }" } },
    { served: 'files', output: 'out' },
  ],
  ['Nuxt (server)', { packages: ['nuxt'] }, { served: 'program' }],
  [
    'Nuxt (static)',
    { packages: ['nuxt'], scripts: { build: 'nuxt generate' } },
    { output: '.output/public' },
  ],
  ['Astro', { packages: ['astro'] }, { served: 'files', output: 'dist' }],
  [
    'Astro (server)',
    { packages: ['astro', '@astrojs/node'], files: { 'astro.config.mjs': 'output: "server"' } },
    { served: 'program', port: 4_321 },
  ],
  [
    'SvelteKit',
    { packages: ['@sveltejs/kit', '@sveltejs/adapter-static', 'vite'] },
    { output: 'build', notes: [] },
  ],
  ['SvelteKit (server)', { packages: ['@sveltejs/kit', '@sveltejs/adapter-node'] }, { start: 'node build' }],
  ['Remix', { packages: ['@remix-run/node', 'vite'] }, { served: 'program' }],
  [
    'React Router',
    { packages: ['@react-router/dev'], files: { 'react-router.config.ts': 'export default { ssr: false }' } },
    { output: 'build/client', spa: true },
  ],
  ['Gatsby', { packages: ['gatsby'] }, { output: 'public' }],
  ['Docusaurus', { packages: ['@docusaurus/core'] }, { output: 'build' }],
  ['Eleventy', { packages: ['@11ty/eleventy'] }, { output: '_site' }],
  [
    'VitePress',
    { packages: ['vitepress'], scripts: { 'docs:build': 'vitepress build docs' } },
    { output: 'docs/.vitepress/dist', build: 'npm run docs:build' },
  ],
  [
    'Angular',
    {
      packages: ['@angular/core'],
      files: {
        'angular.json':
          '{"projects":{"shop":{"architect":{"build":{"builder":"@angular/build:application"}}}}}',
      },
    },
    { output: 'dist/shop/browser', spa: true },
  ],
  ['Create React App', { packages: ['react-scripts'] }, { output: 'build', spa: true }],
  ['Express', { packages: ['express'], scripts: { start: 'node .' } }, { served: 'program', notes: [] }],
  [
    'Fastify',
    { packages: ['fastify'], scripts: {} },
    { notes: [expect.stringContaining('no script "start"')] },
  ],
  [
    'Express in a container',
    { packages: ['express'], files: { Dockerfile: 'FROM node\nEXPOSE 8080\n' } },
    { served: 'image', port: 8_080 },
  ],
  ['Vite', { packages: ['vite'], files: { Dockerfile: 'FROM node' } }, { served: 'files' }],
  ['A Node program', { scripts: { start: 'node .' } }, { served: 'program' }],
])('%s is recognised', (framework, given, expected) => {
  expect(detectProject(seen(given))).toMatchObject({ framework, ...expected });
});

test('plain files, and what says nothing, are told apart', () => {
  const plain = detectProject({ names: ['index.html', 'style.css'], texts: {} });
  expect(plain).toMatchObject({ framework: 'Plain files', output: '.', packageManager: null, node: null });
  expect(detectProject({ names: ['README.md'], texts: {} })).toMatchObject({
    framework: 'Not recognised',
    notes: [expect.stringContaining('Say which folder')],
  });
});

test('the lock file says the package manager, and a file of Node its version', () => {
  const files = { 'pnpm-lock.yaml': '', '.nvmrc': 'v22.3.0\n' };
  const more = { packageManager: 'yarn@4.1.0', engines: { node: '>=20' } };
  expect(detectProject(seen({ files, more }))).toMatchObject({
    packageManager: 'pnpm',
    node: { version: 'v22.3.0', file: '.nvmrc' },
  });
  expect(detectProject(seen({ more }))).toMatchObject({
    packageManager: 'yarn',
    node: { version: '>=20', file: 'package.json' },
  });
});

test.each(['{', '[]', 'null', '{"scripts":7,"dependencies":["vite"],"engines":"20"}'])(
  'a package.json that is %s breaks nothing',
  (text) => {
    const found = detectProject({ names: ['package.json'], texts: { 'package.json': text } });
    expect(found).toMatchObject({ framework: 'Not recognised', packageManager: 'npm', node: null });
  },
);
