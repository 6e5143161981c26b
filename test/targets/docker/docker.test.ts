import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VitrineError } from '../../../src/shared/errors.js';
import { createDockerEngine } from '../../../app/engine/docker-engine.js';
import type { DockerParts } from '../../../src/targets/docker/pulled-image.js';
import type { ContainerOptions } from '../../../src/targets/docker/container-spec.js';
import { createDockerTarget } from '../../../src/targets/docker/docker.js';
import { takeHostPort } from '../../../src/targets/docker/host-ports.js';
import { followProgram } from '../../../src/targets/docker/program-logs.js';
import type { ContainerEngine, ContainerSpec } from '../../../src/targets/docker/engine.js';
import { type ContainerHandle, labelsOfDeployment } from '../../../src/targets/docker/resource.js';
import type { ProgramSettings, Release, Run } from '../../../src/targets/target.js';
import { release as releaseWith } from '../../support/builders.js';
import { dockerParts, HOST_PORTS } from '../../support/docker-parts.js';
import { type FakeEngine, type FakeImage, startFakeEngine } from '../../support/fake-engine.js';

let fake: FakeEngine;
let lines: string[];
beforeEach(async () => {
  fake = await startFakeEngine();
  lines = [];
});
afterEach(async () => fake[Symbol.asyncDispose]());

const targetWith = (changes: Partial<DockerParts> = {}) =>
  createDockerTarget(dockerParts({ engine: createDockerEngine(fake.address), ...changes }));

const run = (changes: Partial<Run> = {}): Run => ({
  ...{ credentials: undefined, variables: {}, secrets: {}, fetch: globalThis.fetch, visit: async () => 200 },
  log: (line) => void lines.push(line),
  signal: new AbortController().signal,
  ...changes,
});

const SAFE: ContainerOptions = { writable: false, root: false };

function releaseOf(
  image: FakeImage,
  changes: Partial<Omit<Release, 'program'>> & { program?: Partial<ProgramSettings> } = {},
) {
  const reference = `vitrine-test:${JSON.stringify(image).replace(/\W+/g, '-').slice(1, 60)}`;
  fake.addImage(reference, image);
  const { program, ...rest } = changes;
  return releaseWith({
    image: { kind: 'external', reference, auth: null },
    ...rest,
    program: { ...releaseWith().program, ...program },
  });
}

const failureOf = async (work: Promise<unknown>) =>
  work.then(
    () => ({ code: 'none', message: '' }),
    (error: { code: string; message: string }) => error,
  );

async function listed(handles: AsyncIterable<ContainerHandle>): Promise<readonly ContainerHandle[]> {
  const all: ContainerHandle[] = [];
  for await (const one of handles) all.push(one);
  return all;
}

async function pageAt({ reach }: { reach: { kind: string } }): Promise<string> {
  const { host, port } = reach as { kind: 'upstream'; host: string; port: number };
  return (await fetch(`http://${host}:${port}/`)).text();
}

test('a program is told its port, started in a network of its own, and reached on this machine', async () => {
  const deployed = await targetWith().deploy(
    releaseOf({ Cmd: ['serve', 'Hello'] }, { program: { port: 4_000 } }),
    SAFE,
    run(),
  );
  expect(deployed).toMatchObject({ url: 'http://pr-1-hello.localhost', reach: { host: '127.0.0.1' } });
  expect(await pageAt(deployed)).toContain('Hello');
  const { port } = deployed.reach as { port: number };
  const [first, last] = HOST_PORTS.split('-').map(Number);
  expect([first, port, last].toSorted()).toEqual([first, port, last]);
  expect(deployed.containers).toEqual([
    { id: deployed.handle.container, service: 'app', image: deployed.handle.image, host: '127.0.0.1', port },
  ]);
  expect(fake.containers()).toMatchObject([
    {
      'vitrine.server': 'http://vitrine.test',
      'vitrine.environment': 'pr-1-hello',
      'vitrine.generation': '1',
      'vitrine.deployment': 'd1',
    },
  ]);
  expect(fake.networks()).toEqual([expect.stringMatching(/^vitrine-[0-9a-f]{6}-pr-1-hello-1$/)]);
});

test.each([
  ['the image names it', { Cmd: ['serve', 'Hi'], ExposedPorts: { '80/tcp': {} } } as const, /^(?!.*asking)/],
  ['nobody names it', { Cmd: ['serve-at', '8080', 'Hi'] } as const, /asking 3000 and 8080. Set "port"/],
])('the port is found when %s', async (_what, image, said) => {
  const deployed = await targetWith().deploy(releaseOf(image), SAFE, run());
  expect(await pageAt(deployed)).toContain('Hi');
  expect(lines.join(' ')).toMatch(said);
});

test.each([
  ['with its exit code and last lines', 'It broke.', /ended with exit code 3/],
  ['with the option, when its image is read-only', 'EROFS: read-only file system', /"writable: true"/],
  ['with the option, when it is no root', 'mkdir: Permission denied', /"root: true"/],
])('a program that fails at its start is told %s, and removed', async (_what, line, said) => {
  const release = releaseOf({ Cmd: ['fail', '3', line] });
  const failure = await failureOf(targetWith().deploy(release, SAFE, run()));
  expect(failure).toMatchObject({ code: 'unprocessable', message: expect.stringMatching(said) });
  expect(lines).toContain(`  ${line}`);
  expect([fake.containers(), fake.networks()]).toEqual([[], []]);
});

test('a program that needs too much memory is told so', async () => {
  const release = releaseOf({ Cmd: ['fail', '137', ''] });
  const { message } = await failureOf(targetWith().deploy(release, SAFE, run()));
  expect(message).toMatch(/more memory than it may have.*exit code 137.*"resources.memory"/);
});

test('a program that does not answer is asked whether it listens outside its container', async () => {
  const release = releaseOf({ Cmd: ['print', '60'] }, { program: { healthPath: '/healthz' } });
  const failure = await failureOf(targetWith({ patienceMs: 300 }).deploy(release, SAFE, run()));
  expect(failure.code).toBe('unprocessable');
  expect(failure.message).toMatch(
    /did not answer GET \/healthz .* on port 3000 or 8080 .*0\.0\.0\.0:\$PORT\?/,
  );
  expect(lines.filter((line) => line.startsWith('  line '))).toHaveLength(40);
  expect(fake.containers()).toEqual([]);
});

test('what a good answer is, and how long it may take, is known of a program that runs', async () => {
  const rules = { healthTimeoutMs: 5_000, healthStatus: '200,401' };
  const releaseWithStatus = (deploymentId: string, healthStatus: string) =>
    releaseOf(
      { Cmd: ['serve', 'Hello'] },
      { program: { port: 3_000, healthPath: '/', ...rules, healthStatus }, deploymentId },
    );
  const target = targetWith();
  const { handle } = await target.deploy(releaseWithStatus('d1', rules.healthStatus), SAFE, run());
  expect(await target.inspect(handle, run())).toMatchObject({ state: 'live', health: rules });
  // Another server finds it by its labels alone.
  expect(await listed(target.list(run()))).toMatchObject([rules]);
  const hasty = targetWith({ patienceMs: 2_000 });
  const { message } = await failureOf(hasty.deploy(releaseWithStatus('d2', '204'), SAFE, run()));
  expect(message).toMatch(/GET \/ with 204 on port .*: it answers HTTP 200\. .*"health-status"/);
});

test('a newer deployment starts beside the older one, and their network stays for the last one', async () => {
  const target = targetWith();
  const first = await target.deploy(releaseOf({ Cmd: ['serve', 'One'] }), SAFE, run());
  const again = releaseOf({ Cmd: ['serve', 'Two'] }, { deploymentId: 'd2' });
  const second = await target.deploy(again, SAFE, run());
  expect([await pageAt(first), await pageAt(second)]).toEqual(['<h1>One</h1>\n', '<h1>Two</h1>\n']);
  expect(target.identityOf(first.handle)).not.toBe(target.identityOf(second.handle));
  await target.destroy(first.handle, run());
  expect(fake.networks()).toHaveLength(1);
  expect(await target.inspect(second.handle, run())).toMatchObject({ state: 'live' });
  await target.destroy(second.handle, run());
  expect([fake.containers(), fake.networks()]).toEqual([[], []]);
});

test('a server in a container reaches programs in their networks, joins them again when it is replaced, and leaves them', async () => {
  const engine = createDockerEngine(fake.address);
  const servers: string[] = [];
  const startServer = async () => {
    const image = releaseOf({ Cmd: ['print', '1'] }).image as { reference: string };
    const HostConfig = { NetworkMode: 'bridge', PortBindings: {} } as ContainerSpec['body']['HostConfig'];
    const body = { Image: image.reference, Env: [], Labels: {}, ExposedPorts: {}, HostConfig };
    servers.unshift(await engine.createContainer({ name: `server-${servers.length}`, body }));
    await engine.startContainer(servers[0] ?? '');
  };
  await startServer();
  const limits = { ...dockerParts().limits, hostPorts: null };
  const target = targetWith({ limits, serverContainer: async () => servers[0] ?? null });
  const deployed = await target.deploy(releaseOf({ Cmd: ['serve', 'Hello'] }), SAFE, run());
  expect(await pageAt(deployed)).toContain('Hello');
  expect(deployed.reach).toMatchObject({ host: expect.not.stringMatching(/^127\.0\.0\.1$/), port: 3_000 });
  expect(fake.joined(servers[0] ?? '')).toBe(1);
  await startServer();
  await target.capabilities.sleep?.stop(deployed.handle, run());
  await target.capabilities.sleep?.wake(deployed.handle, run());
  expect(fake.joined(servers[0] ?? '')).toBe(1);
  await engine.stopContainer(servers[1] ?? '', 0);
  await target.destroy(deployed.handle, run());
  expect([fake.joined(servers[0] ?? ''), fake.networks()]).toEqual([0, []]);
});

describe('an image that was pulled for a deployment without a container', () => {
  const REFERENCE = `ghcr.io/acme/web@sha256:${'7'.repeat(64)}`;
  const image = { kind: 'external', reference: REFERENCE, auth: null } as const;
  /** A server that has its image pulled, and asks for a container. */
  const pullingWith = (createContainer: ContainerEngine['createContainer']) => {
    const pullImage = async () => {
      if (!fake.images().includes(REFERENCE)) fake.addImage(REFERENCE, { Cmd: ['serve', 'Hello'] });
    };
    return targetWith({ engine: { ...createDockerEngine(fake.address), pullImage, createContainer } });
  };
  /** It is killed before it has made one. */
  const crash = (release = releaseWith({ image })) =>
    new Promise<void>((resolve) => {
      const never = () => new Promise<never>(() => resolve());
      pullingWith(never)
        .deploy(release, SAFE, run())
        .catch(() => undefined);
    });
  const pulling = () =>
    targetWith({ engine: { ...createDockerEngine(fake.address), pullImage: async () => undefined } });
  const left = () => [fake.images(), fake.networks(), fake.volumes()];

  test('is found and removed', async () => {
    await crash();
    expect(fake.images()).toEqual([REFERENCE]);
    const [handle, ...others] = await listed(targetWith().list(run()));
    expect(handle).toMatchObject({ deploymentId: 'd1', container: null, image: REFERENCE, keepImage: false });
    for (const one of [handle, ...others]) if (one) await targetWith().destroy(one, run());
    expect(left()).toEqual([[], [], []]);
  });

  test('stays for the next attempt, and goes with its container', async () => {
    await crash();
    const { handle } = await pulling().deploy(releaseWith({ image }), SAFE, run());
    expect([handle.keepImage, fake.volumes()]).toEqual([false, []]);
    await targetWith().destroy(handle, run());
    expect(left()).toEqual([[], [], []]);
  });

  test('stays as long as another deployment is about to use it', async () => {
    await crash();
    fake.forgetImage(REFERENCE);
    const other = releaseWith({ image, slug: 'pr-2-hello', deploymentId: 'd2' });
    await crash(other);
    const [first, second] = (await listed(targetWith().list(run()))).filter((one) => one.image !== null);
    if (first) await targetWith().destroy(first, run());
    expect(fake.images()).toEqual([REFERENCE]);
    if (second) await targetWith().destroy(second, run());
    expect(fake.images()).toEqual([]);
  });

  test('goes at once when no container can be made', async () => {
    const refused = new VitrineError('unprocessable', 'The engine refused.');
    const target = pullingWith(() => Promise.reject(refused));
    await failureOf(target.deploy(releaseWith({ image }), SAFE, run()));
    expect(left()).toEqual([[], [], []]);
  });

  test('goes too when the engine has it only after its pull was broken off', async () => {
    let stored: Promise<void> = Promise.resolve();
    const pullImage = async () => {
      stored = pause(100).then(() => fake.addImage(REFERENCE, { Cmd: ['serve', 'Hello'] }));
      throw new Error('The pull was broken off.');
    };
    const target = targetWith({ engine: { ...createDockerEngine(fake.address), pullImage } });
    await expect(target.deploy(releaseWith({ image }), SAFE, run())).rejects.toThrow('broken off');
    await stored;
    expect(left()).toEqual([[], [], []]);
  });

  test('is found when a teardown is cut off after the container is gone', async () => {
    await crash();
    const { handle } = await pulling().deploy(releaseWith({ image }), SAFE, run());
    await new Promise<void>((resolve) => {
      const removeImage = () => new Promise<never>(() => resolve());
      const killed = targetWith({ engine: { ...createDockerEngine(fake.address), removeImage } });
      void killed.destroy(handle, run());
    });
    expect(fake.containers()).toEqual([]);
    for (const one of await listed(targetWith().list(run()))) await targetWith().destroy(one, run());
    expect(left()).toEqual([[], [], []]);
  });

  test('is not touched when it was there before', async () => {
    fake.addImage(REFERENCE, { Cmd: ['serve', 'theirs'] });
    await crash();
    for (const one of await listed(targetWith().list(run()))) await targetWith().destroy(one, run());
    expect(left()).toEqual([[REFERENCE], [], []]);
  });
});

test('a container that another server makes at this moment is waited for', async () => {
  let theirs: Promise<string> | null = null;
  const real = createDockerEngine(fake.address);
  const createContainer = async (spec: ContainerSpec) => {
    theirs ??= pause(300).then(() => real.createContainer(spec));
    throw new VitrineError('conflict', 'Conflict. The container name is already in use.');
  };
  const target = targetWith({ engine: { ...real, createContainer } });
  const { handle } = await target.deploy(releaseOf({ Cmd: ['serve', 'Hello'] }), SAFE, run());
  expect(handle.container).toBe(await theirs);
});

test('it is stopped and woken, and says which of both it is', async () => {
  const target = targetWith();
  const { handle } = await target.deploy(releaseOf({ Cmd: ['serve', 'Hello'] }), SAFE, run());
  const { sleep } = target.capabilities;
  for (let times = 0; times < 2; times += 1) await sleep?.stop(handle, run());
  expect(await target.inspect(handle, run())).toEqual({ state: 'sleeping', detail: null });
  expect(await listed(target.list(run()))).toEqual([handle]);
  const reach = await sleep?.wake(handle, run());
  expect(await pageAt({ reach: reach ?? { kind: 'none' } })).toContain('Hello');
  expect(await target.inspect(handle, run())).toMatchObject({ state: 'live', detail: null, reach });
  await target.destroy(handle, run());
  expect(await failureOf(sleep?.wake(handle, run()) ?? Promise.resolve())).toMatchObject({
    code: 'not_found',
  });
});

describe('the ports of this machine', () => {
  const place = (reach: unknown) => (reach as { port: number }).port;

  test('belong to one deployment each, also when the engine is started again, and are given back', async () => {
    const target = targetWith();
    const first = await target.deploy(releaseOf({ Cmd: ['serve', 'One'] }), SAFE, run());
    const other = releaseOf({ Cmd: ['serve', 'Two'] }, { slug: 'pr-2-hello' });
    const second = await target.deploy(other, SAFE, run());
    const known = [first, second].map(({ reach }) => place(reach));
    await fake.restart();
    for (const [at, { handle, reach }] of [first, second].entries())
      expect(await target.inspect(handle, run())).toMatchObject({
        state: 'live',
        reach: { ...reach, port: known[at] },
      });
    expect([await pageAt(first), await pageAt(second)]).toEqual(['<h1>One</h1>\n', '<h1>Two</h1>\n']);
    for (const { handle } of [first, second]) await target.destroy(handle, run());
    expect([fake.containers(), fake.hostPorts()]).toEqual([[], []]);
  });

  test('are left to another program that has one by now, at the start and at a wake', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const limits = { ...dockerParts().limits, hostPorts: `${port}-${port + 9}` };
    const target = targetWith({ limits });
    // Whichever of them it begins with.
    const made = await target.deploy(
      releaseOf({ Cmd: ['serve', 'One'] }, { program: { port: 3_000 } }),
      SAFE,
      run(),
    );
    expect(place(made.reach)).not.toBe(port);
    await target.capabilities.sleep?.stop(made.handle, run());
    const second = createServer().listen(place(made.reach), '127.0.0.1');
    await once(second, 'listening');
    const reach = await target.capabilities.sleep?.wake(made.handle, run());
    for (const one of [blocker, second]) await new Promise((resolve) => one.close(resolve));
    expect(place(reach)).not.toBe(place(made.reach));
    expect(await pageAt({ reach: reach ?? { kind: 'none' } })).toBe('<h1>One</h1>\n');
    // It is another container, which is found by the labels of the one before it.
    expect(await target.inspect(made.handle, run())).toMatchObject({ state: 'live', reach });
    expect([fake.containers().length, fake.hostPorts().length]).toEqual([1, 1]);
    await target.destroy(made.handle, run());
    expect([fake.containers(), fake.hostPorts()]).toEqual([[], []]);
  });

  test('are not shared by servers of one engine, and none is left says what to do', async () => {
    const parts = dockerParts({ engine: createDockerEngine(fake.address) });
    const limits = { ...parts.limits, hostPorts: '39000-39003' };
    const take = (server: string, leadsTo: string) =>
      takeHostPort({ ...parts, limits }, { labels: { 'vitrine.server': server }, leadsTo });
    const taken = await Promise.all([
      take('a', '1/tcp'),
      take('b', '1/tcp'),
      take('a', '2/tcp'),
      take('c', '1/tcp'),
    ]);
    expect([...taken].sort()).toEqual([39_000, 39_001, 39_002, 39_003]);
    expect(await take('b', '1/tcp')).toBe(taken[1]);
    const failure = await failureOf(take('d', '1/tcp'));
    expect(failure).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/widen CONTAINER_PORTS/),
    });
  });

  test('of a start that a crash ended are found and given back', async () => {
    const parts = dockerParts({ engine: createDockerEngine(fake.address) });
    const { server } = parts;
    const labels = labelsOfDeployment({ server, target: 'docker' }, releaseWith());
    await takeHostPort(parts, { labels, leadsTo: '3000/tcp' });
    const target = targetWith();
    const [left] = await listed(target.list(run()));
    expect(left).toMatchObject({ slug: releaseWith().slug, container: null });
    if (left) await target.destroy(left, run());
    expect(fake.hostPorts()).toEqual([]);
  });
});

test('lines keep the times of the engine, however many come at once, and a reader that comes back misses none', async () => {
  const moment = Date.now();
  const printed = Array.from({ length: 12_000 }, (_, index) => ({
    ...{ at: new Date(moment + Math.floor(index / 6_000)), stream: 'stdout' as const },
    text: `line ${index}`,
  }));
  // The other stream was read a little later.
  printed.push({ at: new Date(moment), stream: 'stdout', text: 'late' });
  const engine = {
    async *logs(_id: string, { since = new Date(0) }: { readonly since?: Date }) {
      yield* printed.filter(({ at }) => at >= since);
    },
  };
  const read = async (since: Date) => {
    const lines = [];
    for await (const line of followProgram(
      { ...createDockerEngine(fake.address), ...engine },
      { container: 'c', since },
      run(),
    ))
      lines.push(line);
    return lines;
  };
  const all = await read(new Date(0));
  expect(all.map(({ text }) => text)).toEqual(printed.map(({ text }) => text));
  expect([all[0], all[6_000], all.at(-1)].map((line) => line?.at.getTime())).toEqual([
    moment,
    moment + 1,
    moment + 1,
  ]);
  expect(await read(new Date(moment))).toEqual(all);
  expect(await read(new Date(moment + 1))).toEqual(all.slice(6_000));
});

test('what another server, or another program, has in the engine is left alone', async () => {
  const other = targetWith({ server: 'http://other.test' });
  const release = releaseOf({ Cmd: ['serve', 'Theirs'] });
  const theirs = await other.deploy(release, SAFE, run());
  const target = targetWith();
  const ours = await target.deploy(release, SAFE, run());
  expect(await listed(target.list(run()))).toEqual([ours.handle]);
  expect(await target.inspect(theirs.handle, run())).toMatchObject({ state: 'gone' });
  await target.destroy(theirs.handle, run());
  await target.destroy(ours.handle, run());
  expect(await other.inspect(theirs.handle, run())).toMatchObject({ state: 'live' });
  // It was in the engine before, so somebody else put it there.
  expect(fake.images()).toHaveLength(1);
});

test('a network that a crash left without a container is found and removed', async () => {
  const target = targetWith({ limits: { ...dockerParts().limits, hostPorts: null } });
  const engine = createDockerEngine(fake.address);
  const release = releaseOf({ Cmd: ['serve', 'Hello'] });
  const { handle } = await target.deploy(release, SAFE, run());
  await engine.removeContainer(handle.container ?? '');
  const [left] = await listed(target.list(run()));
  expect(left).toMatchObject({ slug: 'pr-1-hello', generation: 1, deploymentId: null });
  if (left) await target.destroy(left, run());
  expect(fake.networks()).toEqual([]);
});

test('while the engine is away everything may be tried again', async () => {
  const away = createDockerTarget(dockerParts());
  const release = releaseWith({ image: { kind: 'pushed', repository: 'pr-1', digest: 'sha256:0' } });
  const handle = { slug: 'pr-1-hello', generation: 1, deploymentId: 'd1', container: 'c', image: null };
  const full = { ...handle, keepImage: false, healthPath: '/' };
  for (const work of [
    away.deploy(release, SAFE, run()),
    away.destroy(full, run()),
    away.inspect(full, run()),
  ])
    expect(await failureOf(work)).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/Docker/),
    });
});
