import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isVitrineError, VitrineError } from '../../../src/shared/errors.js';
import type { ContainerEngine } from '../../../src/targets/docker/engine.js';
import { createNodeContainerTarget } from '../../../src/targets/node/container.js';
import type { Run } from '../../../src/targets/target.js';
import { testTarget } from '../../contracts/target-contract.js';
import { playPullRequest, playTwoServers, type TargetStage } from '../../journeys/plays/targets.js';
import { ROOT } from '../../support/architecture/read-sources.js';
import { release as releaseWith } from '../../support/builders.js';
import {
  docker,
  emptyEngine,
  hasDocker,
  imageIds,
  importNode,
  realEngine,
} from '../../support/docker-images.js';
import { nodeContainerParts } from '../../support/docker-parts.js';
import { buildOf, serverOf } from '../../support/programs.js';
import { siteProgram } from '../../support/targets.js';

const MAJOR = process.versions.node.split('.')[0] ?? '';
const TEMPLATE = 'vitrine-test-node:{version}';
const SAFE = { writable: false, root: false };
const GOLDEN = JSON.parse(
  readFileSync(join(ROOT, 'test/fixtures/docker/host-config.json'), 'utf8'),
) as Record<string, unknown>;

type Files = Parameters<typeof buildOf>[0];
type Fault = 'retriable' | 'final';

const targetOf = (files?: Files, engine: ContainerEngine = realEngine()) =>
  createNodeContainerTarget(
    nodeContainerParts({
      engine,
      baseImage: TEMPLATE,
      ...(files && { builds: { open: async () => buildOf(files) } }),
    }),
  );

const release = async (slug: string, generation: number) =>
  releaseWith({
    ...{ slug, generation, deploymentId: `${slug}-${String(generation)}`, artifact: 'a'.repeat(64) },
    program: { ...releaseWith().program, nodeVersion: MAJOR },
  });

function runWith(lines: string[] = []): Run {
  return {
    ...{ credentials: undefined, variables: { GREETING: 'hello' }, secrets: {}, fetch: globalThis.fetch },
    ...{ log: (line) => void lines.push(line), signal: new AbortController().signal, visit: async () => 200 },
  };
}

const PRINTING = { 'server.js': serverOf("'hello'", "console.log('begun'); console.error('at once');") };

/** The target over a real engine, which fails where the test says so. */
async function create() {
  const real = realEngine();
  const faults: Fault[] = [];
  const engine: ContainerEngine = {
    ...real,
    async createContainer(spec) {
      const fault = faults.shift();
      if (fault === undefined) return real.createContainer(spec);
      if (fault === 'retriable') throw new VitrineError('unavailable', 'The engine is away.');
      // Refused by the engine itself.
      const body = { ...spec.body, Image: 'NO SUCH NAME' };
      return real.createContainer({ ...spec, body }).catch((error: unknown) => {
        throw isVitrineError(error) ? new VitrineError('unprocessable', error.message) : error;
      });
    },
  };
  return {
    target: targetOf(PRINTING, engine),
    release,
    options: SAFE,
    credentials: undefined,
    secrets: ['canary-variable', 'canary-secret'],
    failNext: (kind: Fault) => void faults.push(kind),
    visit: async () => 200,
    close: () => emptyEngine(real),
  };
}

async function openContainers(): Promise<TargetStage> {
  const engine = realEngine();
  return {
    kind: 'upstream',
    inputs: {},
    // The Action tells the Node of the run, which is that of this process.
    env: { DOCKER_HOST: process.env['DOCKER_HOST'] ?? '', NODE_RUNNER: '', NODE_IMAGE: TEMPLATE },
    files: siteProgram,
    removedByRun: false,
    held: async () =>
      (await engine.containers({ 'vitrine.target': 'node' })).map(
        ({ labels }) => labels['vitrine.environment'] ?? '',
      ),
    [Symbol.asyncDispose]: () => emptyEngine(engine),
  };
}

/** Answers what it may do, and who it is. */
const CURIOUS = {
  'package.json': JSON.stringify({ engines: { node: MAJOR }, scripts: { start: 'node main.cjs' } }),
  'main.cjs': serverOf(
    `JSON.stringify({
      uid: process.getuid(), cwd: process.cwd(), path: process.env.PATH, greeting: process.env.GREETING,
      mode: process.env.NODE_ENV, tool: require('node:child_process').execFileSync('tool').toString(),
      own: tried('/app/written'), tmp: tried('/tmp/written'), deep: require('node:fs').readFileSync('${'deep/'.repeat(40)}text', 'utf8'),
    })`,
    `const tried = (path) => { try { require('node:fs').writeFileSync(path, 'x'); return 'written'; } catch (error) { return error.code; } };`,
  ),
  [`${'deep/'.repeat(40)}text`]: 'deep',
  'node_modules/tool/package.json': '{ "name": "tool", "bin": "cli.js" }',
  'node_modules/tool/cli.js': '#!/usr/local/bin/node\nprocess.stdout.write("a command");',
};

async function answerAt(reach: unknown): Promise<Record<string, unknown>> {
  const { host, port } = reach as { host: string; port: number };
  return (await (await fetch(`http://${host}:${String(port)}/`)).json()) as Record<string, unknown>;
}

/** Needs a Docker engine of its own: CONTRIBUTING.md says how to start one for this. */
if (!hasDocker) test.skip('node in a container: DOCKER_HOST names no engine', () => undefined);
else describe('node in a container', playAll);

function playAll() {
  beforeAll(() => importNode(TEMPLATE.replace('{version}', MAJOR)), 120_000);
  afterAll(() => emptyEngine(realEngine()));

  testTarget({
    name: 'node in a container',
    badOptions: [null, { privileged: true }],
    prints: ['begun', 'at once'],
    create,
  });

  test(
    'a pull request is opened, pushed to, broken, closed and reopened',
    () => playPullRequest(openContainers),
    180_000,
  );

  test('two servers deploy and remove it together', () => playTwoServers(openContainers), 180_000);

  test('a build runs as the golden file says, without rights, reads its files and finds its commands', async () => {
    const images = await imageIds();
    const target = targetOf(CURIOUS);
    const { handle, reach } = await target.deploy(await release('pr-5-limits', 1), SAFE, runWith());
    expect(await answerAt(reach)).toEqual({
      ...{ uid: 65_532, cwd: '/app', greeting: 'hello', mode: 'production', tool: 'a command', deep: 'deep' },
      path: expect.stringMatching(/^\/app\/node_modules\/\.bin:\/usr\/local\/bin/),
      ...{ own: 'EROFS', tmp: 'written' },
    });
    const [seen] = JSON.parse(await docker('inspect', handle.container ?? '')) as [
      { HostConfig: Record<string, unknown>; Config: { User: string }; Mounts: unknown[] },
    ];
    // The file names a range: each deployment gets a port of it.
    const bound = [{ HostIp: '127.0.0.1', HostPort: expect.stringMatching(/^1\d{4}$/) }];
    const wanted = Object.entries(GOLDEN).filter(([key]) => key !== 'NetworkMode');
    expect(seen.HostConfig).toMatchObject({
      ...Object.fromEntries(wanted),
      PortBindings: { '3000/tcp': bound },
    });
    expect([seen.Config.User, seen.Mounts]).toEqual(['65532:65532', []]);
    await target.destroy(handle, runWith());
    expect(await imageIds()).toEqual(images);
  }, 60_000);

  test('with the option "writable" it may write to its own folder', async () => {
    const target = targetOf(CURIOUS);
    const options = { ...SAFE, writable: true };
    const { handle, reach } = await target.deploy(await release('pr-6-writes', 1), options, runWith());
    expect(await answerAt(reach)).toMatchObject({ uid: 65_532, own: 'written' });
    await target.destroy(handle, runWith());
  }, 60_000);

  test('it sleeps and wakes, what it printed can be followed, and one that ends is told with its last lines', async () => {
    const lines: string[] = [];
    const target = targetOf({ 'server.js': serverOf("'hello'", 'console.log("begun");') });
    const { sleep, logs } = target.capabilities;
    const { handle } = await target.deploy(await release('pr-7-sleeps', 1), SAFE, runWith());
    await sleep?.stop(handle, runWith());
    expect(await target.inspect(handle, runWith())).toMatchObject({ state: 'sleeping' });
    await sleep?.wake(handle, runWith());
    expect(await target.inspect(handle, runWith())).toMatchObject({ state: 'live' });
    for await (const { text } of logs?.follow(handle, { since: new Date(0) }, runWith()) ?? [])
      if (lines.push(text) === 2) break;
    expect(lines).toEqual(['begun', 'begun']);
    await target.destroy(handle, runWith());
    const ends = targetOf({ 'server.js': 'console.error("no database"); process.exit(3);' });
    const failure = ends.deploy(await release('pr-8-ends', 1), SAFE, runWith(lines));
    await expect(failure).rejects.toThrow(/ended with exit code 3/);
    expect(lines).toContain('  no database');
    expect(await realEngine().images({ 'vitrine.role': 'image' })).toEqual([]);
  }, 60_000);
}
