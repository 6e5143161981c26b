import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { EVENTS } from '../../../../app/index.js';
import { keepPayload } from '../../../../app/webhooks/inbox/keep-payload.js';
import { parseDelivery, readDeliveryHeaders } from '../../../../app/webhooks/inbox/parse.js';
import { formatExternalId } from '../../../../src/shared/run-ref.js';
import { CHECK, CONCLUSION } from '../../../../src/shared/status/github.js';
import { pullRequestPayload } from './sample-payload.js';

const receivedAt = new Date('2026-11-20T12:00:00Z');

function parse(event: string, body: string | Buffer) {
  return parseDelivery(EVENTS, { guid: 'g-1', event, body: Buffer.from(body), receivedAt });
}

function parsePullRequest(changes: Record<string, unknown>) {
  return parse('pull_request', JSON.stringify(pullRequestPayload(changes)));
}

test('what the inbox needs is read, and of the body what handlers read is kept', () => {
  const body = `${JSON.stringify(pullRequestPayload())}\n`;
  expect(parse('pull_request', body)).toEqual({
    guid: 'g-1',
    repository: 'acme/hello',
    pullRequest: 7,
    event: 'pull_request',
    action: 'opened',
    repoId: 11,
    installationId: 5,
    body: keepPayload(EVENTS.get('pull_request')?.keep, pullRequestPayload()),
    receivedAt,
  });
});

const side = (changes: object) => ({ ref: 'x', sha: 'b'.repeat(40), repo: { id: 11 }, ...changes });

test.each([
  ['null', 'ping', 'null'],
  ['a number', 'ping', '123'],
  ['a string', 'ping', '"str"'],
  ['a list', 'ping', '[]'],
  ['nothing', 'ping', ''],
  ['no JSON', 'ping', '{"a":'],
  ['a form', 'ping', 'payload=%7B%7D'],
  ['an action that is an object', 'ping', '{"action":{}}'],
  ['an installation id that is an object', 'ping', '{"installation":{"id":{}}}'],
  ['a negative installation id', 'ping', '{"installation":{"id":-1}}'],
  ['an endless installation id', 'ping', '{"installation":{"id":1e400}}'],
  ['an id beyond what numbers hold', 'ping', '{"repository":{"id":9007199254740993}}'],
  ['an installation that is a string', 'ping', '{"installation":"5"}'],
  ['a byte order mark', 'ping', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{}')])],
  ['broken UTF-8', 'ping', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ['a pull_request event without a pull request', 'pull_request', '{"action":"opened","number":7}'],
  ['a body of another event', 'check_run', JSON.stringify(pullRequestPayload())],
  [
    'an issue under the name of a pull request',
    'pull_request',
    '{"action":"opened","issue":{"number":1},"repository":{"id":1,"full_name":"a/b"}}',
  ],
])('%s is refused', (_what, event, body) => {
  expect(() => parse(event, body)).toThrow(expect.objectContaining({ code: 'bad_request' }));
});

test.each([
  ['another number inside than outside', { number: 8 }],
  ['a head of 39 digits', { head: side({ sha: 'b'.repeat(39) }) }],
  ['a head of 41 digits', { head: side({ sha: 'b'.repeat(41) }) }],
  ['a head in upper case', { head: side({ sha: 'B'.repeat(40) }) }],
  ['a head that is a path', { head: side({ sha: '../'.padEnd(40, 'b') }) }],
  ['a branch that is a list', { head: side({ ref: ['x'] }) }],
  ['a state of its own', { state: 'merged' }],
])('a pull request with %s is refused', (_what, changes) => {
  expect(() => parsePullRequest(changes)).toThrow(expect.objectContaining({ code: 'bad_request' }));
});

test('a pull request whose fork was deleted is no mistake of the sender', () => {
  expect(parsePullRequest({ head: side({ repo: null }) })).toMatchObject({ repoId: 11 });
});

test.each(['__proto__', 'hasOwnProperty', 'constructor', 'toString', 'error', '*'])(
  'an event named %s is taken, to be ignored',
  (event) => {
    expect(parse(event, '{"action":"x"}')).toMatchObject({ event, action: 'x' });
  },
);

test('a tower of brackets, a hundred thousand keys and names with a meaning do no harm', () => {
  const tower = '['.repeat(10_000) + ']'.repeat(10_000);
  const keys = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 1]));
  parse('ping', `{"deep":${tower}}`);
  parse('ping', JSON.stringify(keys));
  const taken = parse('ping', '{"__proto__":{"action":"polluted"},"constructor":{"prototype":{"x":1}}}');
  expect(taken.action).toBeNull();
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
});

const external = { environment: 'pr-7', project: 'hello', sha: 'a'.repeat(40), run: null };
const run = { id: '5', attempt: 1, job: 'deploy' };

test.each([
  ['of another App', 'completed', null, 'not-ours'],
  ['of another App that somebody asked for again', 'rerequested', 'theirs', 'not-ours'],
  ['that we wrote', 'created', formatExternalId(external), 'not-ours'],
  ['that we wrote and somebody asks for again', 'rerequested', formatExternalId(external), undefined],
  ['that a run wrote', 'completed', formatExternalId({ ...external, run }), undefined],
])('a check run %s: %s', (_what, event, external_id, rule) => {
  const { repository, sender } = pullRequestPayload();
  const state = { status: CHECK.completed, conclusion: CONCLUSION.success };
  const check_run = { id: 1, head_sha: 'a'.repeat(40), name: 'x', external_id, ...state };
  const parsed = parse('check_run', JSON.stringify({ action: event, check_run, repository, sender }));
  expect(parsed.decision?.rule).toBe(rule);
});

test('the last of two keys of one name counts, and half a character is a character', () => {
  expect(parse('ping', '{"action":"first","action":"last"}').action).toBe('last');
  expect(parse('ping', '{"action":"\\ud800"}').action).toBe('\ud800');
});

interface Example {
  readonly name: string;
  readonly examples: readonly unknown[];
}

const examples = createRequire(import.meta.url)(
  '@octokit/webhooks-examples/api.github.com/index.json',
) as readonly Example[];

test.each(examples.map(({ name, examples: bodies }) => [name, bodies] as const))(
  "every example of GitHub's own for %s has the shape that is expected of it",
  (name, bodies) => {
    expect(bodies.length).toBeGreaterThan(0);
    for (const body of bodies) expect(parse(name, JSON.stringify(body))).toMatchObject({ event: name });
  },
);

test.each([
  [{ 'x-github-event': 'ping' }, /X-GitHub-Delivery/],
  [{ 'x-github-delivery': 'a b', 'x-github-event': 'ping' }, /X-GitHub-Delivery/],
  [{ 'x-github-delivery': '{"$gt":""}', 'x-github-event': 'ping' }, /X-GitHub-Delivery/],
  [{ 'x-github-delivery': 'g' }, /X-GitHub-Event/],
  [{ 'x-github-delivery': 'g', 'x-github-event': '' }, /X-GitHub-Event/],
  [{ 'x-github-delivery': 'g', 'x-github-event': 'x'.repeat(101) }, /X-GitHub-Event/],
  [{ 'x-github-delivery': 'g', 'x-github-event': 'a/b' }, /X-GitHub-Event/],
])('headers %j are refused', (headers, message) => {
  expect(() => readDeliveryHeaders(headers)).toThrow(message);
});
