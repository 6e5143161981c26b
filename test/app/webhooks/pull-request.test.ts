import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import type { HandlerPorts } from '../../../app/webhooks/declare-event.js';
import { pullRequest } from '../../../app/webhooks/pull-request.js';

interface Payload {
  [key: string]: unknown;
  pull_request: Record<string, unknown> & {
    head: Record<string, unknown>;
    base: Record<string, unknown>;
  };
  repository: Record<string, unknown>;
}

const examples = createRequire(import.meta.url)(
  '@octokit/webhooks-examples/api.github.com/index.json',
) as readonly { readonly name: string; readonly examples: readonly Payload[] }[];
const events = examples.find(({ name }) => name === 'pull_request')?.examples ?? [];
const opened = events.find((event) => event['action'] === 'opened');

type Change = (payload: Payload) => void;

function openedWith(change: Change): Payload {
  if (!opened) throw new Error('There should be an example of an opened pull request.');
  const payload = structuredClone(opened);
  change(payload);
  return payload;
}

test.each<[string, Change]>([
  ['no pull request', (payload) => void Reflect.deleteProperty(payload, 'pull_request')],
  ['another number outside than inside', (payload) => (payload['number'] = 3)],
  ['a repository that is not the one of its base', (payload) => (payload.repository['id'] = 1)],
  ['an action that is an object', (payload) => (payload['action'] = {})],
  ['no action', (payload) => void Reflect.deleteProperty(payload, 'action')],
  ['no sender', (payload) => void Reflect.deleteProperty(payload, 'sender')],
  ['an installation of -1', (payload) => (payload['installation'] = { id: -1 })],
  ['an installation that is no number', (payload) => (payload['installation'] = { id: {} })],
  ['an installation beyond all numbers', (payload) => (payload['installation'] = { id: Infinity })],
  ['a repository with a path for a name', (payload) => (payload.repository['full_name'] = '../../etc')],
  ['a repository id as text', (payload) => (payload.repository['id'] = '186853002')],
  ['a head of 39 digits', ({ pull_request }) => (pull_request.head['sha'] = 'a'.repeat(39))],
  ['a head of 41 digits', ({ pull_request }) => (pull_request.head['sha'] = 'a'.repeat(41))],
  ['a head in capitals', ({ pull_request }) => (pull_request.head['sha'] = 'A'.repeat(40))],
  ['a path for a head', ({ pull_request }) => (pull_request.head['sha'] = '../'.repeat(13))],
  ['an empty branch', ({ pull_request }) => (pull_request.head['ref'] = '')],
  ['a list for a branch', ({ pull_request }) => (pull_request.head['ref'] = ['a'])],
  ['a state of its own', ({ pull_request }) => (pull_request['state'] = 'reopened')],
])('a pull request event with %s is refused on arrival', (_what, change) => {
  expect(pullRequest.arrive(openedWith(change)).issue).not.toBeNull();
});

/** No handler of these tests gets as far as the database or GitHub. */
const ports = { installationTokens: { prepareReport: () => undefined } } as unknown as HandlerPorts;

test.each<[string, Change]>([
  ['a branch name that git refuses', ({ pull_request }) => (pull_request.head['ref'] = 'a/../b')],
  ['a script for an address', ({ pull_request }) => (pull_request['html_url'] = 'javascript:alert(1)')],
])('a pull request event with %s is decided for good: it is refused', async (_what, change) => {
  const payload = { ...openedWith(change), installation: { id: 5 } };
  expect(pullRequest.arrive(payload)).toEqual({ issue: null, decision: null });
  expect(await pullRequest.handle(ports, payload)).toMatchObject({
    action: 'ignore',
    rule: 'refused',
    detail: expect.stringMatching(/^This is not an event as GitHub sends it \(/),
  });
});

test('a webhook of a repository without the App changes nothing', async () => {
  const payload = openedWith((event) => void Reflect.deleteProperty(event, 'installation'));
  expect(await pullRequest.handle(ports, payload)).toMatchObject({ rule: 'not-installed' });
});

test('events of one pull request have one key, and of another pull request or repository another', () => {
  const key = (change: Change) => pullRequest.orderKey(openedWith(change));
  const same = key(() => undefined);
  expect(key((payload) => (payload['action'] = 'edited'))).toBe(same);
  const other = (payload: Payload) => (payload['number'] = payload.pull_request['number'] = 3);
  expect(key(other)).not.toBe(same);
  expect(pullRequest.orderKey({})).toBeNull();
});
