import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type CountingProxy, startCountingProxy } from '../../support/counting-proxy.js';
import { type Ground, registryGround } from '../../support/registry-ground.js';
import { startApp, type TestApp } from '../../support/start-app.js';

/** Needs a Docker engine of its own: CONTRIBUTING.md says how to start one for this. */
const withDocker = process.env['DOCKER_HOST'] === undefined ? test.skip : test;

const run = promisify(execFile);
const docker = (...args: string[]) => run('docker', args);
const LARGE = 4 * 1024 * 1024;

let app: TestApp;
let proxy: CountingProxy;
let ground: Ground;
let context: string;

beforeAll(async () => {
  proxy = await startCountingProxy();
  app = await startApp({ config: { publicUrl: proxy.url } });
  proxy.leadTo(app.port);
  ground = await registryGround(app.ports, { projectId: 'a'.repeat(24) });
  context = await mkdtemp(join(tmpdir(), 'vitrine-docker-'));
  await writeFile(join(context, 'base'), randomBytes(LARGE));
  await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY base /\nCOPY page /\n');
});
afterAll(async () => {
  await app.close();
  await proxy[Symbol.asyncDispose]();
  await rm(context, { recursive: true, force: true });
});

/** Builds and pushes, and answers the digest that the registry gave. */
async function push(tag: string, page: string): Promise<string> {
  await writeFile(join(context, 'page'), page);
  const image = `${new URL(proxy.url).host}/${ground.namespace}:${tag}`;
  await docker('build', '--tag', image, context);
  proxy.forget();
  const { stdout } = await docker('push', image);
  const digest = /sha256:[0-9a-f]{64}/.exec(stdout.slice(stdout.lastIndexOf('digest:')))?.[0];
  if (digest === undefined) throw new Error(stdout);
  return digest;
}

withDocker('docker logs in, pushes, sends only what changed, and pulls the same image', async () => {
  const { host } = new URL(proxy.url);
  await docker('login', host, '--username', 'run', '--password', ground.token);
  await push('v1', 'version 1');
  expect(proxy.bytes()).toBeGreaterThan(LARGE);
  const digest = await push('v2', 'version 2');
  expect(proxy.bytes()).toBeLessThan(LARGE / 100);
  const image = `${host}/${ground.namespace}@${digest}`;
  // Its own images only: the engine may be that of a developer.
  await docker('image', 'rm', '--force', ...['v1', 'v2'].map((tag) => `${host}/${ground.namespace}:${tag}`));
  await docker('pull', image);
  const { stdout } = await docker('image', 'inspect', image, '--format', '{{index .RepoDigests 0}}');
  expect(stdout.trim()).toBe(image);
});
