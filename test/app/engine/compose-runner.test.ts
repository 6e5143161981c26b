import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findEngine } from '../../../app/engine/address.js';
import { createComposeRunner } from '../../../app/engine/compose-runner.js';

const ENGINE_TLS = join(import.meta.dirname, '../../fixtures/engine-tls');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-docker-'));
  // Prints its environment, and fails, so that what it said is answered.
  await writeFile(join(folder, 'docker'), '#!/bin/sh\nexport -p >&2\nexit 1\n', { mode: 0o755 });
});
afterAll(() => rm(folder, { recursive: true }));

async function environmentFor(dockerHost: string, options: object = {}): Promise<string> {
  const found = findEngine(dockerHost, options);
  if ('missing' in found) throw new Error(found.missing);
  const runner = createComposeRunner({ engine: found.address, path: folder });
  const end = await runner.start('shop', { log: () => undefined, signal: new AbortController().signal });
  return end.ok ? '' : end.lines.join('\n');
}

test('the program "docker" gets the address of the engine, and its certificates where it has some', async () => {
  const plain = await environmentFor('unix:///run/docker.sock');
  expect(plain).toMatch(/DOCKER_HOST='?unix:\/\/\/run\/docker\.sock/);
  expect(plain).not.toContain('DOCKER_TLS_VERIFY');
  const tls = await environmentFor('tcp://10.0.0.5:2376', { tlsVerify: true, certPath: ENGINE_TLS });
  expect(tls).toMatch(/DOCKER_HOST='?tcp:\/\/10\.0\.0\.5:2376/);
  expect(tls).toMatch(/DOCKER_TLS_VERIFY='?1/);
  expect(tls).toMatch(new RegExp(`DOCKER_CERT_PATH='?${ENGINE_TLS}`));
});
