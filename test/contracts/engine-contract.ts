import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../demo/expect.js';
import { ASLEEP, containerSpec, RESTART } from '../../src/targets/docker/container-spec.js';
import type { ContainerEngine, EngineLine } from '../../src/targets/docker/engine.js';
import { freeSubnet } from '../../src/targets/docker/network.js';
import { release } from '../support/builders.js';
import { HOST_PORTS } from '../support/docker-parts.js';
import type { Program } from '../support/fake-engine.js';
import { tarOf } from '../support/tar.js';

export interface EngineGround extends AsyncDisposable {
  readonly engine: ContainerEngine;
  /** An image of the engine that does this. */
  image(program: Program): Promise<string>;
  addVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void>;
}

const TEST = { 'vitrine.test': 'engine contract' };
const PORT = 3_000;

/** What every container engine must do. */
export function testEngine(name: string, open: () => Promise<EngineGround>): void {
  let ground: EngineGround;
  let network: string;
  let made = 0;

  beforeAll(async () => {
    ground = await open();
    network = await createNetwork('vitrine-contract');
  });
  afterAll(async () => {
    const { engine } = ground;
    for (const { id } of await engine.containers(TEST)) await engine.removeContainer(id);
    for (const { id, labels } of await engine.networks())
      if (labels['vitrine.test'] !== undefined) await engine.removeNetwork(id);
    for (const { name: volume } of await engine.volumes(TEST)) await engine.removeVolume(volume);
    await ground[Symbol.asyncDispose]();
  });

  const subnetOf = async () => {
    const taken = (await ground.engine.networks()).flatMap(({ subnets }) => subnets);
    return freeSubnet('10.213.0.0/16', taken) ?? '';
  };
  async function createNetwork(Name: string, Subnet?: string) {
    const IPAM = { Config: [{ Subnet: Subnet ?? (await subnetOf()) }] } as const;
    await ground.engine.createNetwork({ Name, Driver: 'bridge', Labels: TEST, IPAM, Options: {} });
    return Name;
  }
  const SAFE = { writable: false, root: false };
  const create = async (program: Program, options = SAFE, hostPorts: string | null = HOST_PORTS) =>
    createOf(await ground.image(program), options, hostPorts);
  const createOf = async (reference: string, options = SAFE, hostPorts: string | null = HOST_PORTS) => {
    const { engine } = ground;
    const found = await engine.image(reference);
    if (!found) throw new Error(`There is no ${reference}.`);
    made += 1;
    const spec = containerSpec({
      ...{ name: `vitrine-contract-${made}`, network, reference, image: found, options },
      program: { ...release().program, port: PORT, memoryBytes: 64 * 1024 ** 2 },
      labels: { ...TEST, number: String(made) },
      limits: { memoryBytes: 1024 ** 3, cpus: 1, hostPorts },
      env: {},
    });
    return { spec, id: await engine.createContainer(spec) };
  };
  const page = (id: string) => {
    const ask = async () => {
      const { ports = {} } = (await ground.engine.container(id)) ?? {};
      const { host, port } = ports[`${PORT}/tcp`] ?? {};
      return (await fetch(`http://${host}:${port}/`)).text();
    };
    return eventually(() => ask().catch(() => ''), {
      until: (text) => text !== '',
      otherwise: 'The program should answer.',
    });
  };
  const ended = (id: string) =>
    eventually(() => ground.engine.container(id), {
      until: (seen) => seen !== null && !seen.running && !seen.restarting,
      otherwise: 'The container should have ended.',
    });
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'nothing',
      ({ code }: { code: string }) => code,
    );

  test(`${name}: it says what it is`, async () => {
    const { cpus, memoryBytes, version } = await ground.engine.describe();
    expect([cpus > 0, memoryBytes > 0, version !== '']).toEqual([true, true, true]);
  });

  test(`${name}: a network has its labels and its subnet, and neither its name nor its subnet is given twice`, async () => {
    const { engine } = ground;
    const subnet = await subnetOf();
    await createNetwork('vitrine-contract-other', subnet);
    const found = (await engine.networks()).find((one) => one.name === 'vitrine-contract-other');
    expect(found).toMatchObject({ labels: TEST, subnets: [subnet] });
    expect(await codeOf(createNetwork('vitrine-contract-third', subnet))).toBe('conflict');
    expect(await codeOf(createNetwork('vitrine-contract-other'))).toBe('conflict');
    expect(await engine.removeNetwork(found?.id ?? '')).toBe(true);
    expect(await engine.removeNetwork(found?.id ?? '')).toBe(true);
    expect((await engine.networks()).map((one) => one.name)).not.toContain('vitrine-contract-other');
  });

  test(`${name}: a container is made once, started, reached, stopped, started again and removed`, async () => {
    const { engine } = ground;
    const { id, spec } = await create(['serve', 'Hello']);
    expect(await codeOf(engine.createContainer(spec))).toBe('conflict');
    const fresh = { running: false, started: false, restart: 'on-failure', ports: {} };
    expect(await engine.container(id)).toMatchObject(fresh);
    await engine.startContainer(id);
    await engine.startContainer(id);
    expect(await page(id)).toContain('Hello');
    expect(await engine.container(id)).toMatchObject({ id, running: true, labels: spec.body.Labels });
    expect(await engine.containers({ ...TEST, number: spec.body.Labels['number'] ?? '' })).toEqual([
      { id, labels: expect.objectContaining(spec.body.Labels) },
    ]);
    expect(await engine.containers({ ...TEST, number: 'none' })).toEqual([]);
    const used = (await engine.networks()).find((one) => one.name === network);
    expect(await engine.removeNetwork(used?.id ?? '')).toBe(false);
    expect(await engine.removeImage(spec.body.Image)).toBe(false);

    await engine.setRestartPolicy(id, ASLEEP);
    await engine.stopContainer(id, 5);
    await engine.stopContainer(id, 5);
    const asleep = { running: false, started: true, restart: 'no', ports: {} };
    expect(await engine.container(id)).toMatchObject(asleep);
    await engine.setRestartPolicy(id, RESTART);
    await engine.startContainer(id);
    expect(await page(id)).toContain('Hello');

    await engine.removeContainer(id);
    await engine.removeContainer(id);
    expect(await engine.container(id)).toBeNull();
    expect(await engine.originOf(id)).toBeNull();
    expect(await codeOf(engine.startContainer(id))).toBe('not_found');
  });

  test(`${name}: what a container was made of is read back, and another one is made of it`, async () => {
    const { engine } = ground;
    const { id, spec } = await create(['say', 'one', 'PORT']);
    const { networks, ...origin } = (await engine.originOf(id)) ?? { networks: [] };
    const { Image, User, Env, HostConfig } = spec.body;
    expect([networks, origin]).toEqual([[network], { Image, User, Env: expect.any(Array), HostConfig }]);
    const given = origin as Pick<typeof spec.body, 'Env' | 'HostConfig'>;
    expect(given.Env).toEqual(expect.arrayContaining([...Env]));
    const body = { ...spec.body, ...given, Cmd: ['say', 'two', 'PORT'] };
    const other = await engine.createContainer({ name: `${spec.name}-other`, body });
    await engine.startContainer(other);
    expect(await ended(other)).toMatchObject({ exitCode: 0, started: true });
    const lines = await linesOf(engine.logs(other, { signal: AbortSignal.timeout(10_000) }));
    expect(lines.map(({ text }) => text)).toEqual([`two ${PORT}`]);
  });

  test(`${name}: another container with other ports takes the place of one that cannot start`, async () => {
    const { engine } = ground;
    const free = Number(HOST_PORTS.split('-')[1]);
    const taken = free - 1;
    const ports = { [`${PORT}/tcp`]: free };
    const first = await create(['serve', 'Hello'], undefined, String(taken));
    const second = await create(['serve', 'Again'], undefined, String(taken));
    const other = await createNetwork('vitrine-contract-moved');
    const id = (await engine.networks()).find((one) => one.name === other)?.id ?? '';
    await engine.connectNetwork(id, { container: second.id, aliases: ['again'] });
    await engine.startContainer(first.id);
    expect(await codeOf(engine.startContainer(second.id))).toBe('conflict');
    const moved = await engine.rebindContainer(second.id, ports);
    expect(await engine.container(second.id)).toBeNull();
    await engine.startContainer(moved);
    expect(await page(moved)).toContain('Again');
    const { labels, env, ports: published } = (await engine.container(moved)) ?? {};
    expect(labels).toMatchObject(second.spec.body.Labels);
    expect(env).toMatchObject({ PORT: String(PORT) });
    expect(published).toEqual({ [`${PORT}/tcp`]: { host: '127.0.0.1', port: free } });
    const { networks, HostConfig } = (await engine.originOf(moved)) ?? {};
    expect([...(networks ?? [])].sort()).toEqual([network, other].sort());
    const bound = { PortBindings: { [`${PORT}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(free) }] } };
    expect(HostConfig).toEqual({ ...second.spec.body.HostConfig, ...bound });
    for (const one of [first.id, moved]) await engine.removeContainer(one);
  });

  test(`${name}: a container without a port of the machine is reached in its network, and let into another one`, async () => {
    const { engine } = ground;
    const { id, spec } = await create(['serve', 'Hello'], undefined, null);
    expect(spec.body.Labels).toMatchObject({ 'vitrine.ports': String(PORT) });
    expect(await engine.container(id)).toMatchObject({ address: null });
    await engine.startContainer(id);
    const { address, ports } = (await engine.container(id)) ?? {};
    expect(ports).toEqual({});
    const ask = async () => (await fetch(`http://${address ?? ''}:${String(PORT)}/`)).text();
    await eventually(() => ask().catch(() => ''), {
      until: (text) => text.includes('Hello'),
      otherwise: 'The program should answer.',
    });
    const name = await createNetwork('vitrine-contract-joined');
    const other = (await engine.networks()).find((one) => one.name === name)?.id ?? '';
    for (let times = 0; times < 2; times += 1)
      await engine.connectNetwork(other, { container: id, aliases: [] });
    expect(await engine.container(id)).toMatchObject({ address });
    expect(await engine.removeNetwork(other)).toBe(false);
    for (let times = 0; times < 2; times += 1) await engine.disconnectNetwork(other, id);
    expect(await engine.removeNetwork(other)).toBe(true);
    await engine.disconnectNetwork(other, id);
    expect(await codeOf(engine.connectNetwork(other, { container: id, aliases: [] }))).toBe('not_found');
  });

  test(`${name}: a program that fails leaves its exit code and its last lines`, async () => {
    const { engine } = ground;
    const { id } = await create(['fail', '3', 'It broke.']);
    await engine.startContainer(id);
    expect(await ended(id)).toMatchObject({ exitCode: 3, outOfMemory: false });
    const lines = await linesOf(engine.logs(id, { tail: 1, signal: AbortSignal.timeout(10_000) }));
    expect(lines).toEqual([{ at: expect.any(Date), stream: 'stderr', text: 'It broke.' }]);
  });

  test(`${name}: logs are followed until the end, both streams, from a moment on`, async () => {
    const { engine } = ground;
    const { id } = await create(['print', '6']);
    await engine.startContainer(id);
    const signal = AbortSignal.timeout(20_000);
    const followed = linesOf(engine.logs(id, { follow: true, signal }), async (count) => {
      if (count === 6) await engine.stopContainer(id, 1);
    });
    const lines = await followed;
    expect(lines.map(({ text }) => text).sort()).toEqual([1, 2, 3, 4, 5, 6].map((line) => `line ${line}`));
    const errors = lines.filter(({ stream }) => stream === 'stderr').map(({ text }) => text);
    expect(errors).toEqual(['line 2', 'line 4', 'line 6']);
    const later = new Date(Math.max(...lines.map(({ at }) => at.getTime())) + 60_000);
    expect(await linesOf(engine.logs(id, { since: later, signal }))).toEqual([]);
  });

  test(`${name}: an unknown image is not there, cannot be pulled, and starts nothing`, async () => {
    const { engine } = ground;
    const reference = `vitrine-contract-none@sha256:${'0'.repeat(64)}`;
    expect(await engine.image(reference)).toBeNull();
    expect(await engine.removeImage(reference)).toBe(true);
    const pull = { reference, auth: null, signal: AbortSignal.timeout(30_000), onProgress: () => undefined };
    await expect(engine.pullImage(pull)).rejects.toThrow(/could not be pulled/);
    const { spec } = await create(['serve', 'Hello']);
    const other = { name: `${spec.name}-other`, body: { ...spec.body, Image: reference } };
    expect(await codeOf(engine.createContainer(other))).toBe('not_found');
  });

  test(`${name}: files are put into a container before it starts`, async () => {
    const { engine } = ground;
    const { id } = await create(['serve-file', '/srv/page'], { writable: true, root: false });
    const tar = [tarOf({ page: '<p>From a file</p>' })];
    await engine.putArchive(id, {
      path: '/srv',
      tar: (async function* () {
        yield* tar;
      })(),
    });
    await engine.startContainer(id);
    expect(await page(id)).toContain('From a file');
  });

  test(`${name}: an image is made of a container, found by its labels, started, and removed when nothing uses it`, async () => {
    const { engine } = ground;
    const { id } = await create(['serve', 'Hello'], { writable: true, root: false });
    const tar = (async function* () {
      yield tarOf({ page: '<p>From a file</p>' });
    })();
    await engine.putArchive(id, { path: '/srv', tar });
    expect([await engine.hasFile(id, '/srv/page'), await engine.hasFile(id, '/srv/none')]).toEqual([
      true,
      false,
    ]);
    const reference = 'vitrine-contract-made:one';
    const Labels = { ...TEST, made: 'here' };
    const config = {
      ...{ Cmd: ['serve-file', '/srv/page'], WorkingDir: '/srv', Env: ['NOTE=of the image'], Labels },
      ExposedPorts: { [`${PORT}/tcp`]: {} },
    };
    await engine.commitContainer(id, { reference, config, signal: AbortSignal.timeout(60_000) });
    await engine.removeContainer(id);
    const [listed, ...others] = await engine.images({ ...TEST, made: 'here' });
    expect([listed?.labels, others]).toEqual([expect.objectContaining(Labels), []]);
    const made = await engine.image(reference);
    expect(made).toMatchObject({ id: listed?.id, os: 'linux', exposedPorts: [`${PORT}/tcp`] });
    expect(made?.env).toContain('NOTE=of the image');

    const again = await createOf(reference);
    await engine.startContainer(again.id);
    expect(await page(again.id)).toContain('From a file');
    // A container has the labels of its image too.
    expect((await engine.container(again.id))?.labels).toMatchObject({ made: 'here' });
    expect(await engine.removeImage(listed?.id ?? '')).toBe(false);
    await engine.removeContainer(again.id);
    expect(await engine.removeImage(listed?.id ?? '')).toBe(true);
    expect(await engine.images({ ...TEST, made: 'here' })).toEqual([]);
    expect(await engine.image(reference)).toBeNull();
  });

  test(`${name}: a container joins a second network and leaves it, and each may be asked for twice`, async () => {
    const { engine } = ground;
    const { id } = await create(['serve', 'Hello']);
    await createNetwork('vitrine-contract-second');
    const joining = { container: id, aliases: ['web'] };
    for (let times = 0; times < 2; times += 1)
      await engine.connectNetwork('vitrine-contract-second', joining);
    await engine.startContainer(id);
    await engine.connectNetwork('vitrine-contract-second', joining);
    const second = (await engine.networks()).find((one) => one.name === 'vitrine-contract-second');
    expect(await engine.removeNetwork(second?.id ?? '')).toBe(false);
    for (let times = 0; times < 2; times += 1) await engine.disconnectNetwork(second?.id ?? '', id);
    expect(await engine.removeNetwork(second?.id ?? '')).toBe(true);
    await engine.disconnectNetwork(second?.id ?? '', id);
    expect(await codeOf(engine.connectNetwork(second?.id ?? '', joining))).toBe('not_found');
    expect(await page(id)).toContain('Hello');
  });

  test.each([
    ['true', 'healthy'],
    ['false', 'unhealthy'],
  ])(`${name}: what the health check "%s" says is read, and so are variables`, async (command, health) => {
    const { engine } = ground;
    const { spec } = await create(['serve', 'Hello']);
    const second = 1e9;
    const times = {
      Interval: second,
      StartInterval: second,
      Timeout: 5 * second,
      StartPeriod: 0,
      Retries: 1,
    };
    const Healthcheck = { Test: ['CMD', command], ...times };
    const body = { ...spec.body, Env: [...spec.body.Env, 'URL=a=b'], Healthcheck };
    const id = await engine.createContainer({ name: `${spec.name}-checked`, body });
    await engine.startContainer(id);
    const seen = await eventually(() => engine.container(id), {
      until: (found) => found?.health === health,
      otherwise: `It should become ${health}.`,
    });
    expect(seen).toMatchObject({ running: true, env: { PORT: String(PORT), URL: 'a=b' } });
  });

  test(`${name}: a volume is made once, mounted, and kept as it is when it is asked for again`, async () => {
    const { engine } = ground;
    const volume = { name: 'vitrine-contract-data', labels: TEST };
    expect(await engine.createVolume(volume)).toEqual(volume);
    expect(await engine.createVolume({ ...volume, labels: { other: 'label' } })).toEqual(volume);
    const { spec } = await create(['serve', 'Hello']);
    const Mounts = [
      { Type: 'volume', Source: volume.name, Target: '/data', VolumeOptions: { Labels: TEST } },
    ] as const;
    const HostConfig = { ...spec.body.HostConfig, Mounts };
    const id = await engine.createContainer({
      name: `${spec.name}-mounted`,
      body: { ...spec.body, HostConfig },
    });
    expect(await codeOf(engine.removeVolume(volume.name))).toBe('conflict');
    await engine.removeContainer(id);
    expect(await engine.volumes(TEST)).toEqual([volume]);
    await engine.removeVolume(volume.name);
    expect(await engine.volumes(TEST)).toEqual([]);
  });

  test(`${name}: volumes are found by their labels, and removed`, async () => {
    const { engine } = ground;
    await ground.addVolume('vitrine-contract', TEST);
    expect(await engine.volumes(TEST)).toEqual([{ name: 'vitrine-contract', labels: TEST }]);
    expect(await engine.volumes({ 'vitrine.test': 'another' })).toEqual([]);
    await engine.removeVolume('vitrine-contract');
    await engine.removeVolume('vitrine-contract');
    expect(await engine.volumes(TEST)).toEqual([]);
  });
}

async function linesOf(
  lines: AsyncIterable<EngineLine>,
  onLine: (count: number) => Promise<void> = async () => undefined,
): Promise<readonly EngineLine[]> {
  const all: EngineLine[] = [];
  for await (const line of lines) await onLine(all.push(line));
  return all;
}
