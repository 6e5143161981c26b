import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHttp } from '../../action/http/exchange.js';
import { sleep } from '../../action/http/world.js';
import { envNameOf } from '../../action/inputs/names.js';
import { parseInputs } from '../../action/inputs/inputs.js';
import { handOverImages, prepareImages } from '../../action/stages/containers/containers.js';
import type { Job } from '../../action/stages/job.js';
import { type Ground, registryGround } from '../support/registry-ground.js';
import { startApp, type TestApp } from '../support/start-app.js';

/** Needs a Docker engine: CONTRIBUTING.md says which. What the other tests of the Action play is shown here to be true. */
const withDocker = process.env['DOCKER_HOST'] === undefined ? test.skip : test;

const run = promisify(execFile);
const docker = async (...args: string[]) => (await run('docker', args)).stdout.trim();

let app: TestApp;
let ground: Ground;
let checkout: string;
let registry: { host: string; repository: string };

beforeAll(async () => {
  app = await startApp();
  ground = await registryGround(app.ports, { projectId: 'a'.repeat(24) });
  registry = { host: `127.0.0.1:${app.port}`, repository: ground.namespace };
  checkout = await mkdtemp(join(tmpdir(), 'vitrine-checkout-'));
});
afterAll(async () => {
  await app.close();
  await rm(checkout, { recursive: true, force: true });
});

function jobWith(inputs: Readonly<Record<string, string>>, takes = 'image') {
  const lines: string[] = [];
  const given = Object.entries(inputs).map(([name, value]) => [envNameOf(name), value]);
  const line = (text: string): void => void lines.push(text);
  const world = {
    env: process.env,
    http: createHttp(),
    print: line,
    now: () => new Date(),
    sleep,
    random: () => 0,
  };
  const job = {
    world,
    inputs: parseInputs(Object.fromEntries(given)),
    plan: { takes, registry, dockerfile: null, image: null, secrets: {} },
    workspace: checkout,
    directory: checkout,
    variables: { PREVIEW_PROJECT: 'shop' },
    log: line,
    output: line,
    redact: (text: string) => text,
    signal: new AbortController().signal,
  } as unknown as Job;
  return { job, lines };
}

async function handOver(job: Job) {
  const prepared = await prepareImages(job, '1234567');
  return handOverImages(job, { prepared, token: async () => ground.token });
}

/** Runs what the registry has, as the server would. */
async function printed(name: string, digest: string): Promise<string> {
  const image = `${registry.host}/${name}@${digest}`;
  await docker('login', registry.host, '--username', 'x', '--password', ground.token);
  await docker('pull', '--quiet', image);
  return docker('run', '--rm', '--network', 'none', image);
}

const BUSYBOX = '/bin/busybox';
const DOCKERFILE = [
  'FROM scratch',
  'COPY busybox /bin/busybox',
  'ARG COLOUR',
  'ENV COLOUR=$COLOUR',
  'RUN --mount=type=secret,id=TOKEN ["/bin/busybox", "sh", "-c", "/bin/busybox wc -c < /run/secrets/TOKEN > /size"]',
  'CMD ["/bin/busybox", "sh", "-c", "/bin/busybox echo $COLOUR $(/bin/busybox cat /size)"]',
].join('\n');

withDocker(
  'an image is built with args and secrets, pushed, and has the digest that the registry has',
  async () => {
    const busybox = (await run('sh', ['-c', 'command -v busybox || echo /bin/busybox'])).stdout.trim();
    await copyFile(busybox || BUSYBOX, join(checkout, 'busybox'));
    await writeFile(join(checkout, 'Dockerfile'), DOCKERFILE);
    const { job, lines } = jobWith({ 'build-args': 'COLOUR=teal', 'build-secrets': 'TOKEN=12345' });
    const { image } = await handOver(job);
    const digest = image && 'digest' in image ? image.digest : '';
    expect(lines.join('\n')).toContain('with BuildKit');
    expect(await app.ports.images.manifest(ground.namespace, digest)).toMatchObject({ digest });
    expect(await printed(ground.namespace, digest)).toBe('teal 5');
    // The name under which it was pushed is gone, and so is the login.
    expect(await docker('image', 'ls', '--quiet', `${registry.host}/${ground.namespace}:1234567`)).toBe('');
    expect(lines.join('\n')).not.toContain(ground.token);
  },
);

withDocker('an image of the engine is pushed by its name or its id', async () => {
  await docker(
    'build',
    '--tag',
    'shop:test',
    '--build-arg',
    'COLOUR=blue',
    '--secret',
    'id=TOKEN,src=/etc/hostname',
    checkout,
  );
  const id = await docker('image', 'inspect', '--format', '{{.Id}}', 'shop:test');
  const [byName, byId] = [jobWith({ image: 'shop:test' }), jobWith({ image: id })];
  const first = await handOver(byName.job);
  expect(await handOver(byId.job)).toEqual(first);
  expect(first.image).toEqual({ digest: expect.stringMatching(/^sha256:/) });
  expect(await docker('image', 'ls', '--quiet', 'shop:test')).not.toBe('');
});

withDocker('of a compose file each built service is pushed', async () => {
  const file =
    'services:\n  web:\n    build: { context: ., args: { COLOUR: "${TINT:-red}" } }\n  db: { image: postgres:16 }\n';
  await writeFile(join(checkout, 'compose.yaml'), file);
  const { job } = jobWith({ env: 'TINT=green', 'build-secrets': 'TOKEN=1' }, 'compose');
  const { compose } = await handOver(job);
  const web = compose?.images['web'];
  const digest = web && 'digest' in web ? web.digest : '';
  expect(compose).toEqual({ file, images: { web: { digest } } });
  expect(await printed(`${ground.namespace}/web`, digest)).toBe('green 1');
});
