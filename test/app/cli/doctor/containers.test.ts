import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  compose,
  firewall,
  judgeRange,
  ports,
  sandbox,
  sharedWith,
} from '../../../../app/cli/doctor/containers.js';
import { findTools } from '../../../../app/runners/process/sandbox.js';
import { examine } from '../../../support/examine.js';
import { startFakeEngine } from '../../../support/fake-engine.js';
import { freePort } from '../../../support/free-port.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program of the system, in a folder that PATH names first. */
async function program(name: string, script: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
}

test.each([
  ['a current one', 'echo 2.40.3', 'good', /2\.40\.3/],
  ['with a v', 'echo v2.20.0', 'good', /2\.20\.0/],
  ['an old one', 'echo 2.17.1', 'failed', /2\.17\.1, which is too old/],
  ['no plugin', `echo "docker: 'compose' is not a docker command." >&2; exit 1`, 'warning', /has no Compose/],
  ['no program', null, 'warning', /no program "docker"/],
])('compose: %s', async (_what, script, state, says) => {
  await using engine = await startFakeEngine();
  if (script !== null) await program('docker', `[ "$*" = "compose version --short" ] || exit 9\n${script}`);
  const found = await examine(compose, { DOCKER_HOST: engine.dockerHost, PATH: folder });
  expect(found).toMatchObject({ state, says: expect.stringMatching(says) });
});

const RULES = (range: string) =>
  [
    'case "$*" in',
    `*INPUT) echo "-A INPUT -s ${range} -m conntrack --ctstate NEW -j DROP";;`,
    '*DOCKER-USER) for net in 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 100.64.0.0/10; do',
    `echo "-A DOCKER-USER -s ${range} -d $net -m conntrack --ctstate NEW -j DROP"; done;;`,
    'esac',
  ].join('\n');

test.each([
  ['all rules', RULES('10.213.0.0/16'), 'good', /neither this machine/],
  ['the rules of another range', RULES('10.9.0.0/16'), 'warning', /this machine, 10\.0\.0\.0\/8, /],
  [
    'no chain of Docker',
    'echo "iptables: No chain/target/match by that name." >&2; exit 1',
    'warning',
    /no rules/,
  ],
  [
    'rules that only root may see',
    'echo "Permission denied (you must be root)" >&2; exit 4',
    'skipped',
    /only root/,
  ],
])('firewall: %s', async (_what, script, state, says) => {
  await using engine = await startFakeEngine();
  await program('iptables', script);
  const found = await examine(firewall, { DOCKER_HOST: engine.dockerHost, PATH: `${folder}:/usr/bin:/bin` });
  const todo = state === 'good' ? null : expect.stringMatching(/container-firewall\.sh 10\.213\.0\.0\/16/);
  expect(found).toEqual({ state, says: expect.stringMatching(says), todo });
});

test('ports that are taken are counted', async () => {
  const first = await freePort();
  const servers: Server[] = [];
  const take = async (port: number) => {
    const server = createServer().listen(port, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
  };
  const look = () => examine(ports, { CONTAINER_PORTS: `${first}-${first}` });
  try {
    expect(await look()).toMatchObject({
      state: 'good',
      says: expect.stringMatching(/: 1 of 1 that were tried/),
    });
    await take(first);
    expect(await look()).toMatchObject({ state: 'failed', says: expect.stringMatching(/: 0 of 1 /) });
  } finally {
    for (const server of servers) server.close();
  }
});

test('of two ranges of ports, what they share is told', () => {
  const range = { first: 30_000, last: 39_999 };
  expect(sharedWith(range, { first: 32_768, last: 60_999 })).toEqual({ first: 32_768, last: 39_999 });
  expect(sharedWith(range, { first: 40_000, last: 60_999 })).toBeNull();
  expect(sharedWith(range, null)).toBeNull();
});

const RANGE = '10.213.0.0/24';
const BRIDGE = { name: 'br-1', cidr: '10.213.0.1/28' };
const VPN = { name: 'tun0', cidr: '10.8.0.2/8' };
const PART = { name: 'eth1', cidr: '10.213.0.200/28' };

test.each([
  ['nothing is taken', [], [], 'good', 'all', /16 of the 16/],
  ['the engine has given one', ['10.213.0.0/28'], [BRIDGE], 'good', 'all', /15 of the 16/],
  ['networks of others are elsewhere', ['172.17.0.0/16'], [], 'good', 'all', /16 of the 16/],
  ['none is left', ['10.213.0.0/25', '10.213.0.128/25'], [], 'failed', 'few', /^0 of the 16/],
  ['the machine is in a network around it', [], [VPN], 'failed', 'few', /tun0 \(10\.8\.0\.2\/8\)/],
  ['the machine has an address in it', [], [PART], 'warning', 'few', /eth1.* 15 of the 16/],
])('addresses of containers: %s', (_what, subnets, addresses, state, room, says) => {
  // So small a range is always nearly used up.
  const expected = room === 'all' ? 'warning' : state;
  expect(judgeRange(RANGE, { subnets, addresses })).toMatchObject({
    state: expected,
    says: expect.stringMatching(says),
  });
  if (room === 'all') expect(judgeRange('10.213.0.0/16', { subnets, addresses }).state).toBe('good');
});

test('the sandbox of programs is looked for where the operator wants programs', async () => {
  expect(await examine(sandbox)).toMatchObject({ state: 'skipped' });
  const { bwrap, prlimit } = await findTools();
  const expected = bwrap !== null && prlimit !== null ? 'good' : 'warning';
  expect(await examine(sandbox, { NODE_RUNNER: 'process' })).toMatchObject({ state: expected });
});
