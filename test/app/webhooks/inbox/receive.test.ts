import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DELIVERY_STATUS } from '../../../../src/shared/status/words.js';
import { nothingGitHub, type NothingGitHub } from '../../../support/nothing-github.js';
import { rawHttp, statusOf } from '../../../support/raw-http.js';
import { sign, startApp, type TestApp } from '../../../support/start-app.js';
import { pullRequestPayload } from './sample-payload.js';

let app: TestApp;
let github: NothingGitHub;

beforeAll(async () => {
  github = await nothingGitHub();
  app = await startApp({
    config: { githubApiUrl: github.url },
    secrets: { webhookSecrets: ['the new secret, in force', 'the secret before it, still accepted'] },
  });
});
afterAll(async () => {
  await app.close();
  await github.close();
});

const secret = 'the new secret, in force';
/** When nothing moves any more: one that is just being handled could be counted twice, or not at all. */
const storedCount = async () => {
  await app.drain();
  return Object.values(await app.ports.inbox.counts()).reduce((sum, count) => sum + count, 0);
};
const rowOf = async (guid: string) =>
  (await app.ports.inbox.list({}, { limit: 500 })).items.find((row) => row.guid === guid);

function post(
  body: string | Uint8Array,
  headers: Record<string, string | undefined> = {},
): Promise<Response> {
  const all = {
    'content-type': 'application/json',
    'x-github-event': 'ping',
    'x-github-delivery': crypto.randomUUID(),
    'x-hub-signature-256': sign(body, secret),
    ...headers,
  };
  const given = Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined);
  return fetch(`${app.url}/api/github/webhooks`, { method: 'POST', headers: given, body });
}

test('a signed delivery is answered 202 once it is stored, with its bytes as they came', async () => {
  const body = '{ "zen":"Keep it logically awesome." }';
  const response = await post(body, { 'x-github-delivery': 'as-it-came' });
  expect([response.status, await response.json()]).toEqual([202, { stored: true }]);
  await app.drain();
  expect(await rowOf('as-it-came')).toMatchObject({
    event: 'ping',
    status: DELIVERY_STATUS.ignored,
    decision: { rule: 'event-not-used' },
  });
});

test('the secret that is being replaced is still accepted', async () => {
  const body = '{"old":true}';
  const response = await post(body, {
    'x-hub-signature-256': sign(body, 'the secret before it, still accepted'),
  });
  expect(response.status).toBe(202);
});

const good = JSON.stringify(pullRequestPayload());

test.each<[string, string | Uint8Array, Record<string, string | undefined>, number]>([
  ['no signature', good, { 'x-hub-signature-256': undefined }, 400],
  ['only an SHA-1 signature', good, { 'x-hub-signature-256': undefined, 'x-hub-signature': 'sha1=abc' }, 400],
  ["Probot's default secret", good, { 'x-hub-signature-256': sign(good, 'development') }, 400],
  ['a signature of other bytes', good, { 'x-hub-signature-256': sign(`${good} `, secret) }, 400],
  ['no id', good, { 'x-github-delivery': undefined }, 400],
  ['an id with operators', good, { 'x-github-delivery': '{"$gt":""}' }, 400],
  ['no event', good, { 'x-github-event': undefined }, 400],
  ['a form', 'payload=%7B%7D', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ['no type', good, { 'content-type': 'text/plain' }, 415],
  ['a compressed body', good, { 'content-encoding': 'gzip' }, 415],
  ['an empty body', '', {}, 400],
  ['null', 'null', {}, 400],
  ['a number', '123', {}, 400],
  ['a list', '[]', {}, 400],
  ['an action that is none', '{"action":{}}', {}, 400],
  ['an installation that is none', '{"installation":{"id":-1}}', {}, 400],
  ['a body of another event', '{"action":"opened"}', { 'x-github-event': 'pull_request' }, 400],
])('a delivery with %s is refused and leaves nothing behind', async (_what, body, headers, status) => {
  const before = await storedCount();
  const response = await post(body, headers);
  expect(response.status).toBe(status);
  expect(await storedCount()).toBe(before);
});

test('the signature is looked at before the body is understood', async () => {
  const response = await post('{"broken', { 'x-hub-signature-256': sign('other', secret) });
  expect(await response.text()).toContain('signature');
});

test.each(['__proto__', 'hasOwnProperty', 'constructor', 'toString', 'error', '*'])(
  'an event named %s is stored and ignored',
  async (event) => {
    const guid = `named-${Buffer.from(event).toString('hex')}`;
    expect(
      (await post('{"action":"x"}', { 'x-github-event': event, 'x-github-delivery': guid })).status,
    ).toBe(202);
    await app.drain();
    expect(await rowOf(guid)).toMatchObject({ event, status: DELIVERY_STATUS.ignored });
  },
);

test('the same delivery a hundred times at once is one delivery', async () => {
  const before = await storedCount();
  const responses = await Promise.all(
    Array.from({ length: 100 }, () => post('{}', { 'x-github-delivery': 'hundred-times' })),
  );
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([202]));
  expect(await storedCount()).toBe(before + 1);
});

test('a body of 25 MiB that lies about its length or does not tell it is cut at the limit', async () => {
  const head = (length: string) =>
    [
      'POST /api/github/webhooks HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      'X-GitHub-Event: ping',
      'X-GitHub-Delivery: big',
      length,
      '',
      '',
    ].join('\r\n');
  expect(statusOf(await rawHttp(app.port, head(`Content-Length: ${25 * 1024 * 1024 + 1}`)))).toBe(413);
  const megabyte = 'a'.repeat(1024 * 1024);
  const chunks = `100000\r\n${megabyte}\r\n`.repeat(26);
  expect(statusOf(await rawHttp(app.port, `${head('Transfer-Encoding: chunked')}${chunks}`))).toBe(413);
});

const MIB = 1024 * 1024;
const tower = '['.repeat(10_000) + ']'.repeat(10_000);
const inTitle = (text: string) => JSON.stringify(pullRequestPayload({ title: text }));
const pull = { 'x-github-event': 'pull_request' };

test.each<[string, string, Record<string, string>, number]>([
  ['a tower of brackets in what is kept', `{"sender":{"login":${tower}}}`, {}, 400],
  ['a tower of brackets in its changes', `${good.slice(0, -1)},"changes":${tower}}`, pull, 400],
  ['a tower of brackets in what is not kept', `{"deep":${tower}}`, {}, 202],
  ['a title of 20 MiB', inTitle('x'.repeat(20 * MIB)), pull, 413],
  ['a name of 20 MiB', `{"repository":{"id":1,"full_name":"${'x'.repeat(20 * MIB)}"}}`, {}, 413],
  ['a description of 24 MiB', JSON.stringify(pullRequestPayload({ body: 'x'.repeat(24 * MIB) })), pull, 202],
])('a signed delivery with %s is never our fault', async (_what, body, headers, status) => {
  expect((await post(body, headers)).status).toBe(status);
});

test('a body of 25 MiB, the most that GitHub sends, is stored', async () => {
  const body = Buffer.alloc(25 * 1024 * 1024, ' ');
  body.write('{"zen":"Favor focus over features."}');
  const response = await post(body, { 'x-github-delivery': 'as-large-as-can-be' });
  expect(response.status).toBe(202);
  expect(await rowOf('as-large-as-can-be')).toMatchObject({ event: 'ping' });
});

test('a wrong body a thousand times does not harm the process', async () => {
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => post(index % 2 ? 'null' : '{"repository":{"id":{}}}')),
    );
  }
  expect((await post('{}')).status).toBe(202);
});

interface Example {
  readonly name: string;
  readonly examples: readonly unknown[];
}
const examples = createRequire(import.meta.url)(
  '@octokit/webhooks-examples/api.github.com/index.json',
) as readonly Example[];

/** Two examples name an installation that the emulated GitHub does not know: they are tried again until a sweep has looked there. */
const UNKNOWN_INSTALLATION = /an installation token \(404/;

test("every example of GitHub's own, signed, is stored, worked on and given a decision", async () => {
  const all = examples.flatMap(({ name, examples: bodies }) =>
    bodies.map((body, index) => ({ name, body, guid: `example-${name}-${index}` })),
  );
  const statuses = await Promise.all(
    all.map(({ name, body, guid }) =>
      post(JSON.stringify(body), { 'x-github-event': name, 'x-github-delivery': guid }).then(
        ({ status }) => status,
      ),
    ),
  );
  expect(new Set(statuses)).toEqual(new Set([202]));
  await app.drain();
  const rows = await allRows();
  const undecided = all
    .map(({ guid }) => ({ guid, decision: rows.get(guid)?.decision, error: rows.get(guid)?.error }))
    .filter(({ decision, error }) => !decision && !UNKNOWN_INSTALLATION.test(error ?? ''));
  expect(undecided).toEqual([]);
});

async function allRows() {
  const rows = new Map<string, Awaited<ReturnType<typeof rowOf>>>();
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof app.ports.inbox.list>> = await app.ports.inbox.list(
      {},
      { limit: 500, ...(cursor && { cursor }) },
    );
    for (const row of page.items) rows.set(row.guid, row);
    cursor = page.nextCursor;
  } while (cursor);
  return rows;
}
