import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findEngine } from '../../../app/engine/address.js';
import { createComposeRunner } from '../../../app/engine/compose-runner.js';
import { createComposeTarget } from '../../../src/targets/compose/compose.js';
import type { ComposeHandle } from '../../../src/targets/compose/resource.js';
import type { ComposeRunner } from '../../../src/targets/compose/runner.js';
import type { Run } from '../../../src/targets/target.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { testTarget } from '../../contracts/target-contract.js';
import { playPullRequest, playTwoServers, type TargetStage } from '../../journeys/plays/targets.js';
import { release as releaseWith } from '../../support/builders.js';
import { type CountingProxy, startCountingProxy } from '../../support/counting-proxy.js';
import { dockerParts } from '../../support/docker-parts.js';
import {
  docker,
  dockerImage,
  emptyEngine,
  hasDocker,
  pushByDocker,
  realEngine,
} from '../../support/docker-images.js';
import { runProgram } from '../../support/run-program.js';
import { type Ground, registryGround } from '../../support/registry-ground.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const OPTIONS = { writable: false, root: false };

const FILE = `
x-healthcheck: &often { interval: 500ms, timeout: 2s, retries: 60 }
services:
  web:
    build: .
    ports: ["8080:3000"]
    environment: [GREETING, SECRET_WORD]
    depends_on: { helper: { condition: service_healthy } }
    healthcheck: { <<: *often, test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1:3000/"] }
  helper:
    build: .
    command: ["sh", "-c", "echo helping $$(cat /data/count 2>/dev/null); echo again > /data/count; exec sleep 1000"]
    volumes: ["data:/data"]
    healthcheck: { <<: *often, test: test -f /data/count }
    deploy: { resources: { limits: { memory: 64m } } }
volumes:
  data:
`;

let app: TestApp;
let proxy: CountingProxy;
let ground: Ground;
let digest: string;

/** Needs a Docker engine of its own, with Compose: CONTRIBUTING.md says how to start one for this. */
if (!hasDocker) test.skip('Compose: DOCKER_HOST names no engine', () => undefined);
else describe('docker compose', playAll);

function runner(): ComposeRunner {
  const found = findEngine(process.env['DOCKER_HOST']);
  if ('missing' in found) throw new Error(found.missing);
  return createComposeRunner({
    engine: found.address,
    path: process.env['PATH'] ?? '',
    dockerConfig: process.env['DOCKER_CONFIG'],
  });
}

function target(compose = runner()) {
  const { host } = new URL(proxy.url);
  return createComposeTarget({
    ...dockerParts({ engine: realEngine() }),
    compose,
    server: proxy.url,
    registryLogin: async () => ({
      host,
      auth: { username: 'run', password: ground.token, token: ground.token },
    }),
  });
}

function runWith(lines: string[] = []): Run {
  return {
    credentials: undefined,
    variables: { GREETING: 'hello $HOME' },
    secrets: { SECRET_WORD: 'canary-secret' },
    log: (line) => void lines.push(line),
    signal: new AbortController().signal,
    fetch: globalThis.fetch,
    visit: async () => 200,
  };
}

async function release(generation: number, file = FILE) {
  const image = (service: string) =>
    ({ kind: 'pushed', repository: `${ground.namespace}/${service}`, digest }) as const;
  const images = { web: image('web'), helper: image('helper') };
  return releaseWith({
    slug: ground.namespace,
    generation,
    deploymentId: `d${String(generation)}`,
    compose: { file, images },
  });
}

async function page(reach: unknown): Promise<string> {
  const { host, port } = reach as { host: string; port: number };
  return (await fetch(`http://${host}:${String(port)}/`)).text();
}

/** Everything that the engine has, by name. */
async function everything(): Promise<string[]> {
  const lists = [
    docker('ps', '--all', '--format', 'container {{.Names}}'),
    docker('network', 'ls', '--format', 'network {{.Name}}'),
    docker('volume', 'ls', '--format', 'volume {{.Name}}'),
  ];
  return (await Promise.all(lists)).flatMap((list) => list.split('\n').filter(Boolean)).sort();
}

function playAll() {
  beforeAll(async () => {
    proxy = await startCountingProxy();
    app = await startApp({ config: { publicUrl: proxy.url } });
    proxy.leadTo(app.port);
    ground = await registryGround(app.ports, { projectId: 'a'.repeat(24) });
    const image = await dockerImage(
      ['serve', 'the shop'],
      ['RUN mkdir -m 1777 /tmp && mkdir /data && chown 65532 /data'],
    );
    const { host } = new URL(proxy.url);
    await docker('login', host, '--username', 'run', '--password', ground.token);
    for (const service of ['web', 'helper']) {
      const name = `${host}/${ground.namespace}/${service}:v1`;
      await docker('tag', image, name);
      const pushed = await docker('push', name);
      digest = /sha256:[0-9a-f]{64}/.exec(pushed.slice(pushed.lastIndexOf('digest:')))?.[0] ?? '';
      await docker('image', 'rm', name);
    }
    // What the user of the machine has, some of it under names that a file could say.
    await docker('network', 'create', 'shared', '--subnet', '10.213.0.0/28');
    await docker('volume', 'create', 'data');
    await docker('create', '--name', 'web', '--network', 'shared', '--volume', 'data:/data', image);
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await proxy[Symbol.asyncDispose]();
  });

  test('starts a checked file, replaces it, lets it sleep and wake, and leaves nothing behind', async () => {
    const before = await everything();
    const compose = target();
    const lines: string[] = [];
    const first = await compose.deploy(await release(1), OPTIONS, runWith(lines)).catch((error: unknown) => {
      throw new Error(lines.join('\n'), { cause: error });
    });
    expect(await page(first.reach)).toContain('the shop');
    expect(first.containers?.map(({ service }) => service).sort()).toEqual(['helper', 'web']);
    expect(lines.join('\n')).not.toContain('canary-secret');
    await expectGolden(first.containers?.find(({ service }) => service === 'web')?.id ?? '');

    expect(await compose.deploy(await release(1), OPTIONS, runWith())).toEqual(first);
    const second = await compose.deploy(await release(2), OPTIONS, runWith());
    expect(await page(first.reach)).toContain('the shop');
    await compose.destroy(first.handle, runWith());
    expect(await compose.inspect(first.handle, runWith())).toMatchObject({ state: 'gone' });
    expect(await page(second.reach)).toContain('the shop');

    await compose.capabilities.sleep?.stop(second.handle, runWith());
    expect(await compose.inspect(second.handle, runWith())).toMatchObject({ state: 'sleeping' });
    expect(await page(await compose.capabilities.sleep?.wake(second.handle, runWith()))).toContain(
      'the shop',
    );
    expect(await helperLines(compose, second.handle)).toEqual(['helping', 'helping again']);

    await compose.destroy(second.handle, runWith());
    expect(await everything()).toEqual(before);
  }, 180_000);

  testTarget({
    name: 'compose',
    badOptions: [null, { privileged: true }],
    prints: ['serving the shop'],
    create,
  });

  test(
    'a pull request is opened, pushed to, broken, closed and reopened',
    () => playPullRequest(openCompose),
    300_000,
  );

  test('two servers deploy and remove it together', () => playTwoServers(openCompose), 300_000);

  test('says which service ended, with its last lines, and leaves nothing behind', async () => {
    const before = await everything();
    const lines: string[] = [];
    const file = FILE.replace('"echo helping', '"echo no database >&2; exit 3; echo');
    const failure = await target()
      .deploy(await release(3, file), OPTIONS, runWith(lines))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'unprocessable',
      message: expect.stringMatching(/helper: .*exit code 3/),
    });
    expect(lines).toContainEqual(expect.stringContaining('no database'));
    expect(await everything()).toEqual(before);
  }, 120_000);
}

/** The target over a real engine, which fails where the test says so. */
async function create() {
  const faults: ('retriable' | 'final')[] = [];
  const real = runner();
  const up: ComposeRunner['up'] = async (call, run) => {
    const fault = faults.shift();
    if (fault === 'retriable') throw new VitrineError('unavailable', 'The engine is away.');
    // Refused by Compose itself.
    return real.up(fault === 'final' ? { ...call, file: { ...call.file, volumes: 7 } } : call, run);
  };
  const file = 'services: { web: { build: ., expose: [3000], environment: [TOKEN, SECRET_0] } }';
  return {
    target: target({ ...real, up }),
    release: async (slug: string, generation: number) => {
      const web = { kind: 'pushed', repository: `${ground.namespace}/web`, digest } as const;
      const compose = { file, images: { web } };
      return releaseWith({ slug, generation, deploymentId: `${slug}-${String(generation)}`, compose });
    },
    options: OPTIONS,
    credentials: undefined,
    secrets: ['canary-variable', 'canary-secret'],
    failNext: (kind: 'retriable' | 'final') => void faults.push(kind),
    visit: async () => 200,
    close: () => emptyEngine(realEngine()),
  };
}

async function openCompose(): Promise<TargetStage> {
  const engine = realEngine();
  const env = (name: string) => process.env[name] ?? '';
  return {
    kind: 'upstream',
    inputs: {},
    env: { DOCKER_HOST: env('DOCKER_HOST'), DOCKER_CONFIG: env('DOCKER_CONFIG'), PATH: env('PATH') },
    run: (world, asked) =>
      runProgram(world, {
        ...asked,
        target: 'compose',
        file: 'services: { web: { build: ., expose: [3000] } }',
        push: (program, { url, begun }) =>
          pushByDocker(program, {
            ...{ url, token: begun.token },
            repository: `${begun.plan.registry?.repository ?? ''}/web`,
          }),
      }),
    removedByRun: false,
    held: async () =>
      (await engine.containers({ 'vitrine.target': 'compose' })).map(
        ({ labels }) => labels['vitrine.environment'] ?? '',
      ),
    [Symbol.asyncDispose]: () => emptyEngine(engine),
  };
}

async function helperLines(compose: ReturnType<typeof target>, handle: ComposeHandle) {
  const seen: string[] = [];
  const lines = compose.capabilities.logs?.follow(handle, { since: new Date(0) }, runWith());
  if (!lines) throw new Error('no logs');
  for await (const { service, text } of lines) {
    if (service === 'helper') seen.push(text.trim());
    if (seen.length === 2) break;
  }
  return seen;
}

/** What runs, as the engine says: the limits of every preview (T42). */
async function expectGolden(id: string): Promise<void> {
  const [inspected] = JSON.parse(await docker('inspect', id)) as {
    HostConfig: Record<string, unknown>;
    Config: { Env: string[]; User: string };
    Mounts: unknown[];
  }[];
  expect(inspected?.HostConfig).toMatchObject({
    Binds: null,
    Privileged: false,
    CapAdd: null,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    ReadonlyRootfs: true,
    Memory: 448 * 1024 ** 2,
    MemorySwap: 448 * 1024 ** 2,
    NanoCpus: 250_000_000,
    PidsLimit: 256,
    PidMode: '',
    IpcMode: 'private',
    UsernsMode: '',
    Init: true,
    Devices: null,
    ExtraHosts: [],
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
    LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '3' } },
    PortBindings: { '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: expect.stringMatching(/^1\d{4}$/) }] },
    Tmpfs: { '/tmp': 'size=67108864,mode=1777,noexec,nosuid,nodev,uid=65532,gid=65532' },
    Ulimits: [{ Name: 'nofile', Hard: 1024, Soft: 1024 }],
  });
  expect(inspected?.Config.User).toBe('65532:65532');
  expect(inspected?.Config.Env).toEqual(
    expect.arrayContaining(['PORT=3000', 'HOME=/tmp', 'GREETING=hello $HOME', 'SECRET_WORD=canary-secret']),
  );
  expect(inspected?.Mounts).toEqual([]);
}
