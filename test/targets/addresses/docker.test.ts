import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findEngine } from '../../../app/engine/address.js';
import { createComposeRunner } from '../../../app/engine/compose-runner.js';
import { createComposeTarget } from '../../../src/targets/compose/compose.js';
import { createDockerTarget } from '../../../src/targets/docker/docker.js';
import type { ContainerEngine } from '../../../src/targets/docker/engine.js';
import type { DockerParts } from '../../../src/targets/docker/pulled-image.js';
import type { Run } from '../../../src/targets/target.js';
import { release } from '../../support/builders.js';
import { dockerParts } from '../../support/docker-parts.js';
import { docker, dockerImage, emptyEngine, hasDocker, realEngine } from '../../support/docker-images.js';

/** Needs a Docker engine of its own, with Compose: CONTRIBUTING.md says how to start one for this. */
if (!hasDocker) test.skip('Addresses: DOCKER_HOST names no engine', () => undefined);
else describe('where previews are reached', playAll);

const OPTIONS = { writable: false, root: false };
const SERVER = 'vitrine-test-server';

let image: string;
let engine: ContainerEngine;
let serverContainer: () => Promise<string | null>;

/** What has no registry is in the engine already. */
const parts = (changes: Partial<DockerParts> = {}) =>
  dockerParts({ engine: { ...engine, pullImage: async () => undefined }, ...changes });

function compose(changes: Partial<DockerParts> = {}) {
  const { DOCKER_HOST, PATH = '', DOCKER_CONFIG } = process.env;
  const found = findEngine(DOCKER_HOST);
  if ('missing' in found) throw new Error(found.missing);
  const runner = createComposeRunner({ engine: found.address, path: PATH, dockerConfig: DOCKER_CONFIG });
  return createComposeTarget({ ...parts(changes), compose: runner });
}

function run(lines: string[] = []): Run {
  return {
    ...{ credentials: undefined, variables: {}, secrets: {}, visit: async () => 200 },
    log: (line) => void lines.push(line),
    signal: new AbortController().signal,
    fetch: globalThis.fetch,
  };
}

interface Place {
  readonly host: string;
  readonly port: number;
}

const pageAt = async ({ host, port }: Place) => (await fetch(`http://${host}:${String(port)}/`)).text();
const placesOf = (reach: unknown) => {
  const { addresses = [], ...main } = reach as Place & { addresses?: readonly Place[] };
  return [main, ...addresses];
};
const pagesAt = (reach: unknown) => Promise.all(placesOf(reach).map(pageAt));

/** What a program in the network of the server's container finds there: it has no other way to a preview. */
async function seenByServer({ host, port }: Place): Promise<string> {
  const pid = await docker('inspect', '--format', '{{.State.Pid}}', SERVER);
  const fetching = `fetch('http://${host}:${String(port)}/').then((page) => page.text()).then(console.log)`;
  const inside = [`--net=/proc/${pid}/ns/net`, process.execPath, '--eval', fetching];
  return (await promisify(execFile)('nsenter', inside)).stdout.trim();
}

const networks = () => docker('network', 'ls', '--format', '{{.Name}}');
const volumes = () => docker('volume', 'ls', '--quiet');

const fileOf = () => `
services:
  web: { image: "${image}", command: [serve, the shop], expose: [3000] }
  api: { image: "${image}", command: [serve, the api], expose: [4000] }
  db: { image: "${image}", command: [serve-at, "5432", the database] }
`;
const composeRelease = () => release({ compose: { file: fileOf(), images: {} } });

const inNetworks = () => ({ ...dockerParts().limits, hostPorts: null });

function playAll() {
  beforeAll(async () => {
    engine = realEngine();
    image = await dockerImage(['serve', 'Hello']);
    await docker('network', 'create', '--subnet', '10.77.0.0/24', SERVER);
    await docker('run', '--detach', '--name', SERVER, '--network', SERVER, image, 'sleep', '1000');
    serverContainer = async () => docker('inspect', '--format', '{{.Id}}', SERVER);
  }, 120_000);
  afterEach(() => emptyEngine(engine));
  afterAll(async () => {
    await docker('rm', '--force', SERVER);
    await docker('network', 'rm', SERVER);
    // What a failed test left, now that the server is in no network.
    await emptyEngine(engine);
  });

  test('several services of a compose file are published, and found again after a sleep', async () => {
    const before = await networks();
    const target = compose();
    const options = { ...OPTIONS, service: 'web', addresses: ['api'] };
    const { handle, reach } = await target.deploy(composeRelease(), options, run());
    const pages = ['<h1>the shop</h1>\n', '<h1>the api</h1>\n'];
    expect(await pagesAt(reach)).toEqual(pages);
    expect(placesOf(reach).map(({ host }) => host)).toEqual(['127.0.0.1', '127.0.0.1']);
    const published = await docker('ps', '--format', '{{.Names}} {{.Ports}}');
    expect(published.split('\n').filter((line) => line.includes('127.0.0.1:'))).toHaveLength(2);
    for await (const listed of target.list(run())) expect(listed).toEqual(handle);
    await target.capabilities.sleep?.stop(handle, run());
    expect(await target.inspect(handle, run())).toMatchObject({ state: 'sleeping' });
    expect(await pagesAt(await target.capabilities.sleep?.wake(handle, run()))).toEqual(pages);
    await target.destroy(handle, run());
    expect(await networks()).toBe(before);
  }, 120_000);

  test('a port that another program has by now is left to it: services and programs get others, and keep their volumes', async () => {
    const volumesBefore = await volumes();
    const names = () => docker('ps', '--all', '--format', '{{.Names}}');
    const namesBefore = await names();
    const reference = { kind: 'external', reference: image, auth: null } as const;
    const one = createDockerTarget(parts());
    const several = compose();
    const options = { ...OPTIONS, service: 'web', addresses: ['api'] };
    const made = await one.deploy(release({ image: reference }), OPTIONS, run());
    const both = await several.deploy({ ...composeRelease(), slug: 'pr-2-shop' }, options, run());
    await one.capabilities.sleep?.stop(made.handle, run());
    await several.capabilities.sleep?.stop(both.handle, run());
    const before = [...placesOf(made.reach), ...placesOf(both.reach)].map(({ port }) => port);
    const blockers = before.map((port) => createServer().listen(port, '127.0.0.1'));
    await Promise.all(blockers.map((blocker) => once(blocker, 'listening')));
    const woken = [
      await one.capabilities.sleep?.wake(made.handle, run()),
      await several.capabilities.sleep?.wake(both.handle, run()),
    ];
    for (const blocker of blockers) blocker.close();
    const pages = ['<h1>Hello</h1>\n', '<h1>the shop</h1>\n', '<h1>the api</h1>\n'];
    expect((await Promise.all(woken.map(pagesAt))).flat()).toEqual(pages);
    const now = woken.flatMap(placesOf).map(({ port }) => port);
    expect(now.filter((port) => before.includes(port))).toEqual([]);
    expect(await one.inspect(made.handle, run())).toMatchObject({ state: 'live', reach: woken[0] });
    expect(await several.inspect(both.handle, run())).toMatchObject({ state: 'live', reach: woken[1] });
    await one.destroy(made.handle, run());
    await several.destroy(both.handle, run());
    expect(await volumes()).toBe(volumesBefore);
    expect(await names()).toBe(namesBefore);
  }, 120_000);

  test('what an image says is a volume goes on with the container that takes the place of another one', async () => {
    const volumesBefore = await volumes();
    const withVolume = await dockerImage(['wait', 'there'], ['VOLUME /data']);
    const id = await docker('create', '--name', 'vitrine-moved', withVolume);
    await docker('start', id);
    await docker('exec', id, 'sh', '-c', 'echo kept >/data/file');
    await docker('stop', id);
    const moved = await engine.rebindContainer(id, {});
    await engine.startContainer(moved);
    expect(await docker('exec', moved, 'cat', '/data/file')).toBe('kept');
    await engine.removeContainer(moved);
    expect(await volumes()).toBe(volumesBefore);
  }, 60_000);

  test('without a port of the machine, the machine reaches programs in their networks', async () => {
    const reference = { kind: 'external', reference: image, auth: null } as const;
    const target = createDockerTarget(parts({ limits: inNetworks() }));
    const { handle, reach } = await target.deploy(release({ image: reference }), OPTIONS, run());
    expect(await pagesAt(reach)).toEqual(['<h1>Hello</h1>\n']);
    expect(placesOf(reach)).toMatchObject([{ host: expect.stringMatching(/^10\.213\./), port: 3000 }]);
    expect(await docker('ps', '--format', '{{.Ports}}')).not.toContain('->');
    await target.destroy(handle, run());
  }, 120_000);

  test('a server in a container joins the network of each preview, again when it is replaced, and leaves it at the end', async () => {
    const before = await networks();
    const limits = inNetworks();
    const external = { kind: 'external', reference: image, auth: null } as const;
    const options = { ...OPTIONS, service: 'web', addresses: ['api'] };
    const one = createDockerTarget(parts({ limits, serverContainer }));
    const several = compose({ limits, serverContainer });
    const made = await one.deploy(release({ image: external }), OPTIONS, run());
    const shop = { ...composeRelease(), slug: 'pr-2-shop' };
    const both = await several.deploy(shop, options, run());
    const places = [...placesOf(made.reach), ...placesOf(both.reach)];
    const pages = ['<h1>Hello</h1>', '<h1>the shop</h1>', '<h1>the api</h1>'];
    expect(await Promise.all(places.map(seenByServer))).toEqual(pages);

    await docker('rm', '--force', SERVER);
    await docker('run', '--detach', '--name', SERVER, '--network', SERVER, image, 'sleep', '1000');
    await one.capabilities.sleep?.stop(made.handle, run());
    const woken = await one.capabilities.sleep?.wake(made.handle, run());
    expect(await seenByServer(placesOf(woken)[0] as Place)).toBe(pages[0]);
    await several.capabilities.sleep?.stop(both.handle, run());
    const others = placesOf(await several.capabilities.sleep?.wake(both.handle, run()));
    expect(await Promise.all(others.map(seenByServer))).toEqual(pages.slice(1));
    // Its own way out is the one that it had.
    expect(await docker('exec', SERVER, 'ip', 'route')).toContain('default via 10.77.0.1');

    await one.destroy(made.handle, run());
    await several.destroy(both.handle, run());
    expect(await networks()).toBe(before);
  }, 180_000);
}
