import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addressesOf } from '../../../src/targets/compose/address.js';
import { checkCompose } from '../../../src/targets/compose/check.js';
import type { ComposeModel } from '../../../src/targets/compose/model.js';
import { rewriteCompose } from '../../../src/targets/compose/rewrite.js';
import { shareLimits } from '../../../src/targets/compose/share-limits.js';
import { HIDING_PLACES, REFUSED_KEYS } from './refused-corpus.js';

const SCOPE = { variables: { TAG: '2' }, secrets: { DB_PASSWORD: 'p$w' } };
const BUDGET = { memoryBytes: 512 * 1024 ** 2, cpus: 0.5 };

function modelOf(file: string): ComposeModel {
  const { model, problems } = checkCompose(file, SCOPE);
  if (!model) throw new Error(JSON.stringify(problems));
  return model;
}

const ASKED = { service: undefined, port: null, healthPath: '/' };

function rewritten(
  model: ComposeModel,
  { addresses: others, ...changes }: { writable?: boolean; root?: boolean; addresses?: string[] } = {},
) {
  const addresses = addressesOf(model, { ...ASKED, addresses: others });
  if (typeof addresses === 'string') throw new Error(addresses);
  const { shares, problems } = shareLimits(model, BUDGET);
  expect(problems).toEqual([]);
  const services = [...shares].map(
    ([name, share]) =>
      [
        name,
        {
          image: `${name}@sha256:1`,
          user: '65532:65532',
          ids: { uid: 65_532, gid: 65_532 },
          defaults: { HOME: '/tmp' },
          labels: {},
          share,
        },
      ] as const,
  );
  return rewriteCompose(model, {
    project: 'vitrine-1-pr-1-shop-2-d1',
    labels: { 'vitrine.server': 'http://vitrine.example' },
    subnet: '10.213.0.0/28',
    hostPorts: '30000-39999',
    addresses,
    services: new Map(services),
    writable: false,
    root: false,
    ...changes,
  });
}

const SHOP = `
services:
  web:
    build: { context: ., network: host, privileged: true }
    ports: ["8080:3000"]
    command: ["sh", "-c", "echo $$HOME"]
    environment: { DATABASE_URL: "postgres://app:\${DB_PASSWORD}@db/shop" }
    depends_on: { db: { condition: service_healthy } }
    restart: always
  db:
    image: postgres:\${TAG:-16}
    user: postgres
    volumes: ["data:/var/lib/postgresql/data", "/cache"]
    tmpfs: /var/run/postgresql:size=1g
    healthcheck: { test: pg_isready, interval: 2s, retries: 10 }
    deploy: { resources: { limits: { memory: 384m } } }
volumes:
  data:
`;

test('a file of a shop becomes this one', () => {
  const labels = { 'vitrine.server': 'http://vitrine.example' };
  const hardened = {
    networks: { default: null },
    read_only: true,
    pids_limit: 256,
    init: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    ulimits: { nofile: { soft: 1024, hard: 1024 } },
    restart: 'on-failure:3',
    logging: { driver: 'local', options: { 'max-size': '10m', 'max-file': '3' } },
    pull_policy: 'never',
    user: '65532:65532',
  };
  const tmp = 'size=67108864,mode=1777,noexec,nosuid,nodev,uid=65532,gid=65532';
  const volume = (name: string, target: string) => ({
    type: 'volume',
    source: name,
    target,
    read_only: false,
  });
  expect(rewritten(modelOf(SHOP))).toEqual({
    name: 'vitrine-1-pr-1-shop-2-d1',
    services: {
      web: {
        ...hardened,
        image: 'web@sha256:1',
        command: ['sh', '-c', 'echo $$HOME'],
        environment: { HOME: '/tmp', PORT: '3000', DATABASE_URL: 'postgres://app:p$$w@db/shop' },
        expose: ['3000'],
        ports: [
          { mode: 'ingress', host_ip: '127.0.0.1', target: 3000, published: '30000-39999', protocol: 'tcp' },
        ],
        depends_on: { db: { condition: 'service_healthy', restart: false, required: true } },
        labels: { ...labels, 'vitrine.service': 'web' },
        tmpfs: [`/tmp:${tmp}`],
        mem_limit: 128 * 1024 ** 2,
        memswap_limit: 128 * 1024 ** 2,
        cpus: 0.25,
      },
      db: {
        ...hardened,
        image: 'db@sha256:1',
        environment: { HOME: '/tmp' },
        healthcheck: { test: ['CMD-SHELL', 'pg_isready'], interval: '2000ms', retries: 10 },
        volumes: [volume('data', '/var/lib/postgresql/data'), volume('unnamed.db.cache', '/cache')],
        labels: { ...labels, 'vitrine.service': 'db' },
        tmpfs: [`/tmp:${tmp}`, `/var/run/postgresql:${tmp}`],
        mem_limit: 384 * 1024 ** 2,
        memswap_limit: 384 * 1024 ** 2,
        cpus: 0.25,
      },
    },
    networks: {
      default: {
        name: 'vitrine-1-pr-1-shop-2-d1',
        driver: 'bridge',
        labels,
        ipam: { config: [{ subnet: '10.213.0.0/28' }] },
      },
    },
    volumes: {
      data: { name: 'vitrine-1-pr-1-shop-2-d1_data', labels },
      'unnamed.db.cache': { name: 'vitrine-1-pr-1-shop-2-d1_unnamed.db.cache', labels },
    },
  });
});

test('every service with an address, and no other, is published on the own address of the machine', () => {
  const model = modelOf(
    'services: { web: { image: a, expose: [80] }, api: { image: a, expose: [4000] }, db: { image: a, ports: ["5:5432"] } }',
  );
  const { services } = rewritten(model, { addresses: ['api'] }) as {
    services: Record<string, { ports?: unknown; environment?: unknown }>;
  };
  const published = (target: number) => [
    { mode: 'ingress', host_ip: '127.0.0.1', target, published: '30000-39999', protocol: 'tcp' },
  ];
  expect([services['web']?.ports, services['api']?.ports]).toEqual([published(80), published(4000)]);
  expect(services['api']?.environment).toMatchObject({ PORT: '4000' });
  expect(services['db']?.ports).toBeUndefined();
});

test('options of the default branch loosen what the file cannot', () => {
  const { services } = rewritten(modelOf(SHOP), { writable: true, root: true }) as {
    services: Record<string, unknown>;
  };
  expect(services['web']).toMatchObject({
    read_only: false,
    cap_drop: ['ALL'],
    cap_add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID'],
    security_opt: ['no-new-privileges:true'],
  });
});

test('services that ask for more than a preview has are refused, with what to do', () => {
  const greedy = modelOf('services:\n  web:\n    image: a\n    mem_limit: 2g\n    cpus: 4\n');
  expect(shareLimits(greedy, BUDGET).problems).toMatchObject([
    { line: 2, message: expect.stringContaining('512 MiB') },
    { line: 2, message: expect.stringContaining('0.5 CPUs') },
  ]);
});

test('a memory limit of zero is none, as Docker reads it: the service gets what is left', () => {
  const free = modelOf('services:\n  web:\n    image: a\n    mem_limit: 0\n');
  const { shares, problems } = shareLimits(free, BUDGET);
  expect(problems).toEqual([]);
  expect(shares.get('web')?.memoryBytes).toBe(BUDGET.memoryBytes);
});

test.each([
  ['{ web: { image: a, expose: [80] }, db: { image: b } }', {}, { service: 'web', port: 80 }],
  ['{ site: { image: a, ports: ["1:81"] }, db: { image: b } }', {}, { service: 'site', port: 81 }],
  ['{ one: { image: a } }', { port: 3000 }, { service: 'one', port: 3000 }],
  ['{ app: { image: a, expose: [80] }, api: { image: b, expose: [81] } }', {}, { service: 'app', port: 80 }],
  [
    '{ app: { image: a, expose: [80] }, api: { image: b, expose: [81] } }',
    { service: 'api' },
    { service: 'api', port: 81 },
  ],
  ['{ one: { image: a, expose: [80] }, two: { image: b, expose: [81] } }', {}, /It has: one, two/],
  ['{ one: { image: a } }', {}, /names no port/],
  ['{ one: { image: a } }', { service: 'two' }, /no service "two"/],
])('of the services %s with %j the address goes to %j', (services, asked, expected) => {
  const found = addressesOf(modelOf(`services: ${services}`), { ...ASKED, ...asked });
  if (expected instanceof RegExp) expect(found).toMatch(expected);
  else expect(found).toEqual([{ ...expected, healthPath: '/' }]);
});

test.each([
  [['api'], [{ service: 'api', port: 81, healthPath: '/up' }]],
  [
    { api: { port: 9000, 'health-path': '/healthz' }, mail: { port: 1080 } },
    [
      { service: 'api', port: 9000, healthPath: '/healthz' },
      { service: 'mail', port: 1080, healthPath: '/up' },
    ],
  ],
  [
    { api: { 'health-timeout': '5s', 'health-status': '200,401' } },
    [{ service: 'api', port: 81, healthPath: '/up', healthTimeoutMs: 5_000, healthStatus: '200,401' }],
  ],
  [['mail'], /"mail" names no port: .*"target.options.addresses.mail.port"/],
  [['db'], /no service "db", which "target.options.addresses"/],
  [['web'], /"web" has the address of the preview/],
])('with the addresses %j there are besides %j', (addresses, expected) => {
  const services = '{ web: { image: a, expose: [80] }, api: { image: b, expose: [81] }, mail: { image: c } }';
  const found = addressesOf(modelOf(`services: ${services}`), { ...ASKED, healthPath: '/up', addresses });
  if (expected instanceof RegExp) expect(found).toMatch(expected);
  else expect(found).toEqual([{ service: 'web', port: 80, healthPath: '/up' }, ...expected]);
});

/** Everything that may ever reach `docker compose`. */
const ALLOWED = new Set(
  'image pull_policy command entrypoint environment expose ports depends_on healthcheck working_dir user stop_signal stop_grace_period volumes labels networks read_only tmpfs mem_limit memswap_limit cpus pids_limit init cap_drop security_opt ulimits restart logging'.split(
    ' ',
  ),
);

test('whatever the keys and values of a file are, what comes out has allowed keys and our limits only', () => {
  const names = [
    ...ALLOWED,
    ...REFUSED_KEYS.map(([key]) => key),
    'build',
    'deploy',
    'x-any',
    '<<',
    '__proto__',
  ];
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('data:/a', '/a', '80', '$TAG', '${DB_PASSWORD}'),
  );
  const value = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'test', 'condition', 'target', 'source', 'external'), scalar),
  );
  const service = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 4 });
  const oneService = (keys: (readonly [string, unknown])[]) => {
    const body = new Map<string, unknown>([...keys, ['image', 'a'], ['expose', ['80']]]);
    const text = [...body]
      .map(([key, inner]) => `    ${JSON.stringify(key)}: ${JSON.stringify(inner)}`)
      .join('\n');
    return `services:\n  web:\n${text}\nvolumes: { data: }\n`;
  };
  fc.assert(
    fc.property(service, (keys) => {
      const { model, problems } = checkCompose(oneService(keys), SCOPE);
      if (model === null) return expect(problems.length).toBeGreaterThan(0);
      // Eighty bytes of memory, say.
      if (shareLimits(model, BUDGET).problems.length > 0) return;
      const { services } = JSON.parse(JSON.stringify(rewritten(model))) as {
        services: Record<string, Record<string, unknown>>;
      };
      for (const made of Object.values(services)) {
        expect(Object.keys(made).filter((key) => !ALLOWED.has(key))).toEqual([]);
        expect(made).toMatchObject({
          cap_drop: ['ALL'],
          read_only: true,
          restart: 'on-failure:3',
          init: true,
        });
        expect(made['ports']).toMatchObject([{ host_ip: '127.0.0.1', published: '30000-39999' }]);
      }
    }),
    { numRuns: 500 },
  );
});

test('no text of a refused file reaches the engine', () => {
  for (const [key, value] of REFUSED_KEYS)
    for (const hide of HIDING_PLACES) expect(checkCompose(hide(key, value), SCOPE).model).toBeNull();
});
