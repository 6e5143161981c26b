import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Check } from '../../../../app/cli/doctor/check.js';
import {
  engine,
  engineLimits,
  engineSecurity,
  engineStorage,
  registry,
} from '../../../../app/cli/doctor/engine.js';
import { network } from '../../../../app/cli/doctor/containers.js';
import { engineDisk } from '../../../../app/cli/doctor/machine.js';
import { examine } from '../../../support/examine.js';
import { type FakeEngine, startFakeEngine } from '../../../support/fake-engine.js';
import { freePort } from '../../../support/free-port.js';

let fake: FakeEngine;
beforeEach(async () => {
  fake = await startFakeEngine();
});
afterEach(async () => fake[Symbol.asyncDispose]());

const LIMITS = { MemoryLimit: true, SwapLimit: true, PidsLimit: true, CpuCfsQuota: true };
const SECCOMP = 'name=seccomp,profile=builtin';
const LOOPBACK = { RegistryConfig: { InsecureRegistryCIDRs: ['127.0.0.0/8'], IndexConfigs: {} } };
const NO_LOOPBACK = { RegistryConfig: { InsecureRegistryCIDRs: ['10.0.0.0/8'], IndexConfigs: {} } };
const LISTED = { RegistryConfig: { IndexConfigs: { '127.0.0.1:5000': { Secure: false } } } };

test.each<[string, Check, Readonly<Record<string, unknown>>, string, RegExp]>([
  [
    'a current one',
    engine,
    { ServerVersion: '28.5.2', OperatingSystem: 'Debian' },
    'good',
    /28\.5\.2 on Debian.*1\.51/,
  ],
  ['one that opens ports to neighbours', engine, { ServerVersion: '28.2.1' }, 'warning', /other machines/],
  ['an old one that does', engine, { ServerVersion: '20.10.24+dfsg1' }, 'warning', /other machines/],
  ['all limits', engineLimits, LIMITS, 'good', /2 GiB and 2 processors of 8 GiB/],
  ['no limit of processes', engineLimits, { ...LIMITS, PidsLimit: false }, 'failed', /processes/],
  ['no limit of swap', engineLimits, { ...LIMITS, SwapLimit: false }, 'warning', /swap/],
  [
    'less memory than one container may have',
    engineLimits,
    { ...LIMITS, MemTotal: 1e9 },
    'warning',
    /0\.9 GiB/,
  ],
  [
    'seccomp and AppArmor',
    engineSecurity,
    { SecurityOptions: [SECCOMP, 'name=apparmor'] },
    'good',
    /apparmor/,
  ],
  ['no seccomp', engineSecurity, { SecurityOptions: ['name=apparmor'] }, 'warning', /seccomp/],
  [
    'seccomp switched off',
    engineSecurity,
    { SecurityOptions: ['name=seccomp,profile=unconfined'] },
    'warning',
    /seccomp/,
  ],
  ['overlay2', engineStorage, { Driver: 'overlay2' }, 'good', /overlay2/],
  ['vfs', engineStorage, { Driver: 'vfs' }, 'warning', /copies every layer/],
  ['a root folder on this machine', engineDisk, { DockerRootDir: '/' }, 'good', /^\/ has room/],
  ['loopback registries without TLS', registry, LOOPBACK, 'good', /will ask 127\.0\.0\.1:/],
  ['loopback registries by TLS only', registry, NO_LOOPBACK, 'failed', /TLS only/],
  ['this registry listed as insecure', registry, LISTED, 'good', /127\.0\.0\.1:5000/],
])('an engine with %s', async (_what, check, info, state, says) => {
  fake.describe(info);
  const env = { DOCKER_HOST: fake.dockerHost, PORT: String(await freePort()) };
  const more = info === LISTED ? { REGISTRY_HOST: '127.0.0.1:5000' } : {};
  const found = await examine(check, { ...env, ...more });
  // How much room the disk of this machine has is not for this test.
  const isDisk = check === engineDisk;
  expect(found).toMatchObject({ ...(!isDisk && { state }), says: expect.stringMatching(says) });
  expect(isDisk || (found.todo === null) === (state === 'good')).toBe(true);
});

test('without an engine, what needs it is skipped, and the reason is told once', async () => {
  expect(await examine(engine)).toMatchObject({
    state: 'skipped',
    says: expect.stringMatching(/DOCKER_HOST=off/),
  });
  for (const check of [engineLimits, registry, network])
    expect(await examine(check)).toEqual({
      state: 'skipped',
      says: 'It needs the container engine.',
      todo: null,
    });
});

test('an engine that is away, or speaks no version that both know, fails with what to do', async () => {
  expect(await examine(engine, { DOCKER_HOST: 'unix:///nowhere/docker.sock' })).toEqual({
    state: 'failed',
    says: expect.stringMatching(/^\/nowhere\/docker\.sock cannot be used: .*ENOENT/),
    todo: expect.stringMatching(/Start Docker/),
  });
  const stranger = createServer((_request, response) => void response.writeHead(404).end()).listen(
    0,
    '127.0.0.1',
  );
  await once(stranger, 'listening');
  const { port } = stranger.address() as AddressInfo;
  expect(await examine(engine, { DOCKER_HOST: `tcp://127.0.0.1:${port}` })).toMatchObject({
    state: 'failed',
    says: expect.stringMatching(/refused/),
    todo: expect.stringMatching(/correct DOCKER_HOST/),
  });
  stranger.close();
  fake.speak({ newest: '1.30', least: '1.12' });
  expect(await examine(engine, { DOCKER_HOST: fake.dockerHost })).toMatchObject({
    state: 'failed',
    says: expect.stringMatching(/too old/),
  });
});

test('the networks of the engine take subnets of the range', async () => {
  const look = (CONTAINER_NETWORK: string) =>
    examine(network, { DOCKER_HOST: fake.dockerHost, CONTAINER_NETWORK });
  // The engine has 172.17.0.0/16.
  expect(await look('172.17.3.0/24')).toMatchObject({
    state: 'failed',
    says: expect.stringMatching(/^0 of the 16 /),
  });
  expect((await look('172.16.0.0/15')).says).toMatch(/4096 of the 8192/);
});
