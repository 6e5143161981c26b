import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createDockerEngine } from '../../../app/engine/docker-engine.js';
import type { ContainerEngine } from '../../../src/targets/docker/engine.js';
import type { ContainerHandle } from '../../../src/targets/docker/resource.js';
import { createNodeContainerTarget } from '../../../src/targets/node/container.js';
import type { ProgramSettings, Release, Run } from '../../../src/targets/target.js';
import { release as releaseWith } from '../../support/builders.js';
import { nodeContainerParts } from '../../support/docker-parts.js';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine.js';
import { buildOf, serverOf } from '../../support/programs.js';

type Files = Parameters<typeof buildOf>[0];

const BASE = 'node:24-slim';
const SAFE = { writable: false, root: false };
const SITE = { 'server.js': serverOf("'hello'"), 'index.html': '<h1>Hello</h1>' };

let fake: FakeEngine;
let lines: string[];
beforeEach(async () => {
  fake = await startFakeEngine();
  fake.addImage(BASE, { Cmd: ['serve', 'base'], Env: ['PATH=/usr/bin', 'NODE_VERSION=24.9.0'] });
  lines = [];
});
afterEach(async () => fake[Symbol.asyncDispose]());

const targetOf = (files: Files = SITE, changes: Partial<ContainerEngine> = {}) =>
  createNodeContainerTarget(
    nodeContainerParts({
      engine: { ...createDockerEngine(fake.address), ...changes },
      builds: { open: async ({ root }) => (root === 'none' ? null : buildOf(files)) },
    }),
  );

const run: Run = {
  ...{ credentials: undefined, variables: {}, secrets: {}, fetch: globalThis.fetch, visit: async () => 200 },
  log: (line) => void lines.push(line),
  signal: new AbortController().signal,
};

function releaseOf(changes: Partial<Omit<Release, 'program'>> & { program?: Partial<ProgramSettings> } = {}) {
  const { program, ...rest } = changes;
  return releaseWith({
    artifact: 'a'.repeat(64),
    ...rest,
    program: { ...releaseWith().program, ...program },
  });
}

const left = async () => {
  const handles: ContainerHandle[] = [];
  for await (const handle of targetOf().list(run)) handles.push(handle);
  return { handles, containers: fake.containers(), networks: fake.networks(), images: fake.images() };
};
const NOTHING = { handles: [], containers: [], networks: [], images: [BASE] };

async function pageAt({ reach }: { reach: { kind: string } }): Promise<string> {
  const { host, port } = reach as { kind: 'upstream'; host: string; port: number };
  return (await fetch(`http://${host}:${port}/`)).text();
}

test('a build becomes an image of its own, which says how it is started, and goes with its container', async () => {
  const target = targetOf();
  const deployed = await target.deploy(releaseOf({ trusted: false }), SAFE, run);
  expect(await pageAt(deployed)).toContain('Hello');
  const { image } = deployed.handle;
  expect(image).toMatch(/^vitrine-[0-9a-f]{6}-pr-1-hello-1:d1$/);
  expect(fake.imageAt(image ?? '')).toMatchObject({
    Cmd: ['node', 'server.js'],
    WorkingDir: '/app',
    Env: ['NODE_ENV=production', 'HOST=0.0.0.0', 'PATH=/app/node_modules/.bin:/usr/bin'],
    ExposedPorts: { '3000/tcp': {} },
    Labels: { 'vitrine.server': 'http://vitrine.test', 'vitrine.target': 'node', 'vitrine.deployment': 'd1' },
  });
  expect(fake.containers()).toMatchObject([{ 'vitrine.role': 'app', 'vitrine.keep-image': 'false' }]);
  expect(lines).toContain('Starts "node server.js" with Node 24.9.0, in a container of node:24-slim.');
  await target.destroy(deployed.handle, run);
  expect(await left()).toEqual(NOTHING);
});

test('another attempt of one deployment with another build takes the place of the first', async () => {
  const first = await targetOf().deploy(releaseOf(), SAFE, run);
  const other = targetOf({ ...SITE, 'index.html': '<h1>Again</h1>' });
  expect(await other.deploy(releaseOf(), SAFE, run)).toEqual(first);
  const second = await other.deploy(releaseOf({ artifact: 'b'.repeat(64) }), SAFE, run);
  expect(await pageAt(second)).toContain('Again');
  expect((await left()).handles).toEqual([second.handle]);
  await other.destroy(second.handle, run);
  expect(await left()).toEqual(NOTHING);
});

test('the base image is that of the Node that the program asks for, and what cannot be pulled is told with what to do', async () => {
  fake.addImage('node:20-slim', { Cmd: ['serve', 'base'] });
  await targetOf({ ...SITE, 'package.json': '{ "engines": { "node": "^20" } }' }).deploy(
    releaseOf(),
    SAFE,
    run,
  );
  expect(lines.join(' ')).toContain('a container of node:20-slim');
  const wish = releaseOf({ slug: 'pr-2-hello', program: { nodeVersion: '22' } });
  await expect(targetOf().deploy(wish, SAFE, run)).rejects.toThrow(
    /image node:22-slim could not be pulled: .* base image of Node programs: the operator .*NODE_IMAGE/,
  );
  expect(lines).toContain('Pulling node:22-slim, the base image of this program.');
});

/** The head of a native module for this processor, and what it says besides. */
const native = (machine: number, says: string) => {
  const head = Buffer.alloc(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  head.writeUInt16LE(machine, 18);
  return Buffer.concat([head, Buffer.from(says)]);
};
const [X64, ARM64] = [0x3e, 0xb7];

test.each([
  [
    'another processor',
    { 'a.node': native(ARM64, '') },
    {},
    /a\.node was built for linux arm64, and .* linux x64/,
  ],
  [
    'another C library',
    { 'a.node': native(X64, 'libc.musl-x86_64') },
    {},
    /linux x64 musl, and .* linux x64 glibc/,
  ],
  [
    'another Node',
    { 'a.node': native(X64, 'node_module_register') },
    {
      builtOn: { platform: 'linux', arch: 'x64', libc: 'glibc', nodeMajor: 22 },
      nodeVersion: '>=20',
    } as const,
    /a\.node was built for Node 22, and the program gets Node 24/,
  ],
  [
    'no Node of this server',
    { 'package.json': '{ "engines": { "node": "^4" } }' },
    {},
    /has Node 20, 22 and 24/,
  ],
  ['a shell', {}, { start: 'node server.js | tee log' }, /needs a shell/],
])(
  'a program for %s is refused before it is started, and nothing of it is left',
  async (_what, files, program, reason) => {
    await expect(
      targetOf({ ...SITE, ...files }).deploy(releaseOf({ program }), SAFE, run),
    ).rejects.toMatchObject({
      code: 'unprocessable',
      message: expect.stringMatching(reason),
    });
    expect(await left()).toEqual(NOTHING);
  },
);

test('without an upload there is nothing to start', async () => {
  await expect(targetOf().deploy(releaseOf({ artifact: 'none' }), SAFE, run)).rejects.toThrow(
    /upload the build first/,
  );
});

test('a program that ends at its start, and one whose container is refused, leave nothing', async () => {
  const ends = targetOf({ 'server.js': 'process.exit(3)' });
  await expect(ends.deploy(releaseOf(), SAFE, run)).rejects.toThrow(/ended with exit code 3/);
  expect(await left()).toEqual(NOTHING);
  let made = 0;
  const engine = createDockerEngine(fake.address);
  const refused = targetOf(SITE, {
    createContainer: async (spec) => {
      // The first one is that of which the image is made.
      if ((made += 1) === 2) fake.failNext('final');
      return engine.createContainer(spec);
    },
  });
  await expect(refused.deploy(releaseOf(), SAFE, run)).rejects.toMatchObject({ code: 'unprocessable' });
  expect(await left()).toEqual(NOTHING);
});

test.each([
  ['an image without a container', 'createContainer', 2],
  ['a container that an image is made of', 'commitContainer', 1],
] as const)('%s, left by a crash, is found by its labels and removed', async (_what, verb, call) => {
  const engine = createDockerEngine(fake.address);
  let calls = 0;
  await new Promise<void>((resolve) => {
    const crashing = async (...args: never[]): Promise<unknown> => {
      calls += 1;
      if (calls < call) return (engine[verb] as (...given: never[]) => Promise<unknown>)(...args);
      resolve();
      // Nothing comes after it in this process.
      return new Promise(() => undefined);
    };
    void targetOf(SITE, { [verb]: crashing }).deploy(releaseOf(), SAFE, run);
  });
  const { handles } = await left();
  const lost = { slug: 'pr-1-hello', generation: 1, deploymentId: 'd1', container: null };
  expect(handles).toContainEqual(expect.objectContaining(lost));
  for (const handle of handles) {
    expect(await targetOf().inspect(handle, run)).toMatchObject({ state: 'gone' });
    await targetOf().destroy(handle, run);
  }
  expect(await left()).toEqual(NOTHING);
});

test('what an image says of itself does not make it stay, or belong to another deployment', async () => {
  const engine = createDockerEngine(fake.address);
  const hostile = { 'vitrine.keep-image': 'true', 'vitrine.role': 'build', 'vitrine.deployment': 'd9' };
  fake.addImage(BASE, { Cmd: ['serve', 'base'], Labels: hostile });
  const { handle } = await targetOf().deploy(releaseOf(), SAFE, run);
  expect(await engine.containers({ 'vitrine.role': 'app', 'vitrine.deployment': 'd1' })).toHaveLength(1);
  expect(handle.keepImage).toBe(false);
});
