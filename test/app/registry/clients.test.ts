import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type CountingProxy, startCountingProxy } from '../../support/counting-proxy.js';
import { writeImage } from '../../../bench/registry/image.js';
import { layer, type Layer } from '../../support/push-image.js';
import { type Ground, registryGround } from '../../support/registry-ground.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const SKOPEO = '/usr/bin/skopeo';
const isHere = existsSync(SKOPEO);
if (!isHere && process.env['CI']) throw new Error('There is no skopeo: install the Debian package "skopeo".');
const withSkopeo = isHere ? test : test.skip;

const run = promisify(execFile);
const LARGE = 4 * 1024 * 1024;

let app: TestApp;
let proxy: CountingProxy;
let ground: Ground;
let place: string;

beforeAll(async () => {
  proxy = await startCountingProxy();
  app = await startApp({ config: { publicUrl: proxy.url } });
  proxy.leadTo(app.port);
  ground = await registryGround(app.ports, { projectId: 'a'.repeat(24) });
  place = await mkdtemp(join(tmpdir(), 'vitrine-skopeo-'));
});
afterAll(async () => {
  await app.close();
  await proxy[Symbol.asyncDispose]();
  await rm(place, { recursive: true, force: true });
});

async function imageIn(name: string, layers: readonly Layer[]): Promise<string> {
  const dir = join(place, name);
  await writeImage(
    dir,
    layers.map(({ bytes }) => bytes),
  );
  return dir;
}

const address = (tag: string) => `docker://${new URL(proxy.url).host}/${ground.namespace}:${tag}`;

async function copy(from: string, to: string): Promise<void> {
  const creds = `anybody:${ground.token}`;
  const access = to.startsWith('docker:')
    ? ['--dest-tls-verify=false', `--dest-creds=${creds}`]
    : ['--src-tls-verify=false', `--src-creds=${creds}`];
  // Its cache of where blobs are would be one of all projects on this machine.
  const env = { ...process.env, XDG_DATA_HOME: join(place, 'home'), HOME: join(place, 'home') };
  await run(SKOPEO, ['--insecure-policy', 'copy', '--preserve-digests', ...access, from, to], { env });
}

async function hashesOf(dir: string): Promise<readonly string[]> {
  const names = (await readdir(dir)).filter((name) => name !== 'version').toSorted();
  const hash = async (name: string) =>
    createHash('sha256')
      .update(await readFile(join(dir, name)))
      .digest('hex');
  return Promise.all(names.map(async (name) => `${name} ${await hash(name)}`));
}

withSkopeo('skopeo pushes and pulls an image, and sends only the layer that changed', async () => {
  const base = layer(randomBytes(LARGE));
  const first = await imageIn('first', [base, layer('version 1')]);
  proxy.forget();
  await copy(`dir:${first}`, address('v1'));
  expect(proxy.bytes()).toBeGreaterThan(LARGE);
  const back = join(place, 'back');
  await copy(address('v1'), `dir:${back}`);
  expect(await hashesOf(back)).toEqual(await hashesOf(first));
  const second = await imageIn('second', [base, layer('version 2')]);
  proxy.forget();
  await copy(`dir:${second}`, address('v2'));
  expect(proxy.bytes()).toBeLessThan(LARGE / 100);
});
