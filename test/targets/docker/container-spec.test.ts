import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  containerSpec,
  portsOf,
  type SpecInput,
  userFor,
  wordsOf,
} from '../../../src/targets/docker/container-spec.js';
import { countFreeSubnets, freeSubnet } from '../../../src/targets/docker/network.js';
import { release } from '../../support/builders.js';
import { ROOT } from '../../support/architecture/read-sources.js';

const GOLDEN: unknown = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/docker/host-config.json'), 'utf8'));
const SAFE = { writable: false, root: false };

const specOf = (changes: Partial<SpecInput> = {}) =>
  containerSpec({
    ...{ name: 'vitrine-c', network: 'vitrine-net', reference: 'image@sha256:1', options: SAFE },
    image: { exposedPorts: ['3000/tcp'], user: '' },
    program: release().program,
    labels: { 'vitrine.server': 'http://vitrine.test' },
    limits: { memoryBytes: 1024 ** 3, cpus: 1, hostPorts: '30000-39999' },
    env: { API: 'https://api.test', PORT: '1' },
    ...changes,
  });

test('a container gets the limits of the golden file, its variables, PORT, and a user without rights', () => {
  const { name, body } = specOf();
  const { HostConfig, ...rest } = body;
  expect(HostConfig).toEqual(GOLDEN);
  expect({ name, ...rest }).toEqual({
    name: 'vitrine-c',
    Image: 'image@sha256:1',
    User: '65532:65532',
    Env: ['HOME=/tmp', 'API=https://api.test', 'PORT=3000'],
    Labels: { 'vitrine.server': 'http://vitrine.test' },
    ExposedPorts: { '3000/tcp': {} },
  });
});

test('settings may ask for less than the operator allows, and never get more', () => {
  const program = { ...release().program, memoryBytes: 8 * 1024 ** 3, cpus: 8 };
  const { HostConfig } = specOf({ program }).body;
  const { Memory, MemorySwap, NanoCpus } = HostConfig;
  expect({ Memory, MemorySwap, NanoCpus }).toEqual({
    Memory: 1024 ** 3,
    MemorySwap: 1024 ** 3,
    NanoCpus: 1e9,
  });
});

test('the options loosen one thing each', () => {
  const writable = specOf({ options: { ...SAFE, writable: true } }).body;
  expect(writable.HostConfig).toEqual({ ...(GOLDEN as object), ReadonlyRootfs: false });
  const root = specOf({ options: { ...SAFE, root: true } }).body;
  const Tmpfs = { '/tmp': 'rw,noexec,nosuid,nodev,size=67108864,mode=1777' };
  expect([root.User, root.HostConfig, root.Env[0]]).toEqual([
    undefined,
    { ...(GOLDEN as object), Tmpfs },
    'API=https://api.test',
  ]);
});

test.each([
  ['', '65532:65532'],
  ['root', '65532:65532'],
  ['0:0', '65532:65532'],
  ['node', null],
  ['1000:1000', null],
])('an image of the user "%s" runs as %s', (user, wanted) => {
  expect(userFor({ user }, SAFE)).toBe(wanted);
});

test.each([
  [8_000, ['80/tcp'], [8_000]],
  [null, ['80/tcp', '53/udp'], [80]],
  [null, ['8080/tcp', '9000'], [8_080, 9_000]],
  [null, [], [3_000, 8_080]],
])('with the port %s and %j exposed, %j are asked', (port, exposedPorts, wanted) => {
  expect(portsOf({ exposedPorts }, { port })).toEqual(wanted);
});

test.each([
  ['node server.js', ['node', 'server.js']],
  ['  sh -c "npm run db && npm start" ', ['sh', '-c', 'npm run db && npm start']],
  [`node -e 'a "b"' c\\ d ""`, ['node', '-e', 'a "b"', 'c d', '']],
  ['./start --name="a b"', ['./start', '--name=a b']],
])('the start command %s is started without a shell', (line, words) => {
  expect(wordsOf(line)).toEqual(words);
  const { Cmd } = specOf({ program: { ...release().program, start: line } }).body;
  expect(Cmd).toEqual(words);
});

test.each(['node "server.js', "it's", '   '])('the start command %j is refused', (line) => {
  expect(() => wordsOf(line)).toThrow(/start command cannot be read/);
});

test('a subnet overlaps none that is taken, and lies in the range', () => {
  expect(freeSubnet('10.213.0.0/16', [])).toBe('10.213.0.0/28');
  expect(freeSubnet('10.213.0.0/16', ['10.213.0.0/28', '10.213.0.16/30', 'fd00::/64'])).toBe(
    '10.213.0.32/28',
  );
  expect(freeSubnet('10.213.0.0/24', ['10.0.0.0/8'])).toBeNull();
  const bits = fc.integer({ min: 20, max: 30 });
  const address = fc.tuple(fc.nat(3), fc.nat(255)).map(([a, b]) => `10.213.${a}.${b}`);
  const taken = fc.array(
    fc.tuple(address, bits).map(([start, size]) => `${start}/${size}`),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(taken, (all) => {
      const found = freeSubnet('10.213.0.0/22', all);
      if (found === null) return;
      const { start, end } = blockOf(found);
      expect([start % 16, end <= blockOf('10.213.0.0/22').end]).toEqual([0, true]);
      for (const one of all.map(blockOf)) expect(one.end <= start || one.start >= end).toBe(true);
    }),
  );
});

test('so many subnets are left as can be found one after the other', () => {
  expect(countFreeSubnets('10.213.0.0/16', [])).toBe(4_096);
  expect(countFreeSubnets('10.213.0.0/24', ['10.0.0.0/8'])).toBe(0);
  const taken = fc.array(
    fc.tuple(fc.nat(255), fc.integer({ min: 25, max: 30 })).map(([last, bits]) => `10.213.0.${last}/${bits}`),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(taken, (all) => {
      const found: string[] = [];
      for (let one = freeSubnet('10.213.0.0/24', all); one !== null;) {
        found.push(one);
        one = freeSubnet('10.213.0.0/24', [...all, ...found]);
      }
      expect(countFreeSubnets('10.213.0.0/24', all)).toBe(found.length);
    }),
  );
});

function blockOf(range: string): { start: number; end: number } {
  const [address = '', bits] = range.split('/');
  const size = 2 ** (32 - Number(bits));
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const start = number - (number % size);
  return { start, end: start + size };
}
