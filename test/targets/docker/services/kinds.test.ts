import { expect, test } from '@jest/globals';
import { SERVICE_KINDS, type ServiceSettings } from '../../../../src/shared/services.js';
import {
  DATABASE_KINDS,
  keyOf,
  keysIn,
  serviceIn,
  setOf,
  variablesFor,
} from '../../../../src/targets/docker/services/kinds.js';
import { databaseSpec, type DatabaseInput } from '../../../../src/targets/docker/services/spec.js';

const db: ServiceSettings = { name: 'db', kind: 'postgres', version: '16' };
const cache: ServiceSettings = { name: 'my-cache', kind: 'redis', version: '7' };

const specOf = (changes: Partial<DatabaseInput> = {}) =>
  databaseSpec({
    ...{ service: db, name: 'vitrine-x.db', network: 'vitrine-x.databases', password: 'f00d' },
    ...{ reference: 'docker.io/library/postgres:16', labels: { 'vitrine.role': 'database' } },
    limits: { memoryBytes: 1024 ** 3, cpus: 2 },
    version: '28.5.1',
    ...changes,
  }).body;

test('a program gets the URL of each database, and the names that libraries look for', () => {
  expect(
    variablesFor([
      { ...db, password: 'one' },
      { ...cache, password: 'two' },
    ]),
  ).toEqual({
    DB_URL: 'postgres://preview:one@db:5432/preview',
    DATABASE_URL: 'postgres://preview:one@db:5432/preview',
    PGHOST: 'db',
    PGPORT: '5432',
    PGUSER: 'preview',
    PGPASSWORD: 'one',
    PGDATABASE: 'preview',
    MY_CACHE_URL: 'redis://default:two@my-cache:6379',
    REDIS_URL: 'redis://default:two@my-cache:6379',
  });
});

test.each([
  [
    'mysql',
    {
      A_URL: 'mysql://preview:pw@a:3306/preview',
      DATABASE_URL: 'mysql://preview:pw@a:3306/preview',
      MYSQL_HOST: 'a',
      MYSQL_PORT: '3306',
      MYSQL_USER: 'preview',
      MYSQL_PASSWORD: 'pw',
      MYSQL_DATABASE: 'preview',
    },
  ],
  [
    'mongodb',
    {
      A_URL: 'mongodb://preview:pw@a:27017/preview?authSource=admin',
      MONGODB_URI: 'mongodb://preview:pw@a:27017/preview?authSource=admin',
      MONGODB_URL: 'mongodb://preview:pw@a:27017/preview?authSource=admin',
    },
  ],
] as const)('a database of the kind %s has its own names', (kind, variables) => {
  const access = { name: 'a', kind, version: '8', password: 'pw' };
  expect(variablesFor([access])).toEqual(variables);
});

test('the first database of a family has the usual names, and a name of its own is always that database', () => {
  const all = variablesFor([
    { name: 'main', kind: 'mariadb', version: '11', password: 'one' },
    { name: 'other', kind: 'mysql', version: '8', password: 'two' },
    { name: 'pg', kind: 'postgres', version: '16', password: 'three' },
    { name: 'redis', kind: 'redis', version: '7', password: 'four' },
  ]);
  expect(all).toMatchObject({
    ...{ DATABASE_URL: all['MAIN_URL'], MYSQL_PASSWORD: 'one', PGPASSWORD: 'three' },
    REDIS_URL: 'redis://default:four@redis:6379',
  });
  expect(
    variablesFor([
      { name: 'main', kind: 'postgres', version: '16', password: 'one' },
      { name: 'database', kind: 'mysql', version: '8', password: 'two' },
    ]),
  ).toMatchObject({ DATABASE_URL: 'mysql://preview:two@database:3306/preview' });
});

test('a database has the limits of docs/databases.md, its own volume, no port, and one name in one network', () => {
  const { HostConfig, ...body } = specOf();
  expect(body).toEqual({
    Image: 'docker.io/library/postgres:16',
    Env: [
      'POSTGRES_USER=preview',
      'POSTGRES_PASSWORD=f00d',
      'POSTGRES_DB=preview',
      'PGDATA=/var/lib/vitrine/data',
    ],
    Labels: {
      'vitrine.role': 'database',
      'vitrine.database': 'db=postgres:16',
      'vitrine.database-image': 'docker.io/library/postgres:16',
    },
    ExposedPorts: {},
    Healthcheck: {
      Test: ['CMD', 'pg_isready', '-h', '127.0.0.1', '-U', 'preview', '-d', 'preview'],
      ...{ Interval: 30e9, Timeout: 5e9, Retries: 5, StartPeriod: 120e9, StartInterval: 1e9 },
    },
    NetworkingConfig: { EndpointsConfig: { 'vitrine-x.databases': { Aliases: ['db'] } } },
  });
  expect(HostConfig).toEqual({
    NetworkMode: 'vitrine-x.databases',
    PortBindings: {},
    Memory: 256 * 1024 ** 2,
    MemorySwap: 256 * 1024 ** 2,
    NanoCpus: 1e9,
    PidsLimit: 256,
    CapDrop: ['ALL'],
    CapAdd: ['CHOWN', 'SETUID', 'SETGID', 'DAC_OVERRIDE', 'FOWNER'],
    SecurityOpt: ['no-new-privileges:true'],
    ReadonlyRootfs: false,
    Tmpfs: {},
    Binds: [],
    Mounts: [
      {
        ...{ Type: 'volume', Source: 'vitrine-x.db', Target: '/var/lib/vitrine' },
        VolumeOptions: { Labels: { 'vitrine.role': 'database' } },
      },
    ],
    Privileged: false,
    Init: true,
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
    Ulimits: [{ Name: 'nofile', Soft: 4_096, Hard: 4_096 }],
    LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '3' } },
  });
});

test('a database never gets more than the operator allows, and older engines ask for its health soon too', () => {
  const { HostConfig, Healthcheck } = specOf({
    limits: { memoryBytes: 64 * 1024 ** 2, cpus: 0.5 },
    version: '20.10.24',
  });
  expect([HostConfig.Memory, HostConfig.NanoCpus]).toEqual([64 * 1024 ** 2, 5e8]);
  expect(Healthcheck?.Interval).toBe(5e9);
});

test.each(SERVICE_KINDS)('the password of %s can be read again where the database has it', (kind) => {
  const { passwordIn, env, command } = DATABASE_KINDS[kind];
  expect(env('f00d')[passwordIn]).toBe('f00d');
  if (command) expect(command('f00d')).toContain('f00d');
  const service: ServiceSettings = { name: 'a-b', kind, version: '1.2-alpine' };
  expect(serviceIn(keyOf(service))).toEqual(service);
});

test('the databases of a release are one text, in their order', () => {
  expect(setOf([db, cache])).toBe('db=postgres:16 my-cache=redis:7');
  expect(keysIn(setOf([db, cache])).map(serviceIn)).toEqual([db, cache]);
  expect([keysIn(undefined), keysIn(setOf([])), serviceIn('db=oracle:1'), serviceIn('nothing')]).toEqual([
    ...[[], []],
    ...[null, null],
  ]);
});
