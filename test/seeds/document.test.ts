import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Connection } from 'mongoose';
import { createStores } from '../../app/store/connect.js';
import { MIGRATIONS } from '../../app/store/migrations/migrate.js';
import { openConnection } from '../../app/store/open-connection.js';
import { OPERATIONS } from '../../src/contract/openapi.js';
import type { Operation } from '../../src/contract/operation.js';
import { ROOT } from '../support/architecture/read-sources.js';
import { migratedDatabase } from '../support/test-database.js';

const FILE = 'docs/seeds.md';
const text = readFileSync(join(ROOT, FILE), 'utf8');
const database = migratedDatabase();
let connection: Connection;

beforeAll(async () => {
  connection = await openConnection({ uri: database.uri, log: () => undefined });
  createStores(connection);
});
afterAll(async () => {
  await connection.destroy();
  await database.drop();
});

const named = (pattern: RegExp) => [
  ...new Set([...text.matchAll(pattern)].map(([, ...groups]) => groups.join(' '))),
];

test('every operation that docs/seeds.md names is one of the contract', () => {
  const operations: readonly Operation[] = Object.values(OPERATIONS);
  const known = operations.map(({ method, path }) => `${method} ${path}`);
  const found = named(/`((?:GET|POST|PUT|PATCH|DELETE) \/[^`]*)`/g);
  expect(found.length).toBeGreaterThan(30);
  expect(found.filter((one) => !known.includes(one))).toEqual([]);
});

test('every index that it names is made by the migration that it names', () => {
  const known = MIGRATIONS.flatMap(({ version, indexes }) =>
    indexes.map(({ collection, name }) => `${collection}.${name} ${String(version).padStart(4, '0')}`),
  );
  const found = named(/`(\w+\.\w+)`\s+\((\d{4})\)/g);
  expect(found.length).toBeGreaterThan(20);
  expect(found.filter((one) => !known.includes(one))).toEqual([]);
});

test('every field that it names is one of its collection', () => {
  const indexes = named(/`(\w+\.\w+)`\s+\(\d{4}\)/g);
  const { models } = connection;
  const isField = (one: string) => {
    const [collection = '', field = ''] = one.split('.');
    const schema = models[collection]?.schema;
    return schema === undefined || ['real', 'nested'].includes(schema.pathType(field));
  };
  const found = named(/`([a-z]\w+\.[a-z][\w.]+)`/g).filter((one) => !indexes.includes(one));
  expect(found.length).toBeGreaterThan(80);
  expect(found.filter((one) => !isField(one))).toEqual([]);
  const without = named(/`([a-z]\w+)\.[a-z][\w.]+`/g).filter((collection) => !models[collection]);
  // What is written in large numbers has no schema in the program: test/seeds/logs-and-webhooks.test.ts shows its fields.
  expect(without.toSorted()).toEqual(['healthChecks', 'logWords', 'logs', 'runtimeLogs']);
});

test('every file that it links is there', () => {
  const links = named(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g);
  expect(links.filter((link) => !existsSync(join(ROOT, dirname(FILE), link)))).toEqual([]);
});
