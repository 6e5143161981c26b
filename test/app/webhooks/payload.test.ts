import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { factsFromPayload, originFromPayload } from '../../../app/webhooks/payload.js';

const Examples = z.array(z.object({ name: z.string(), examples: z.array(z.looseObject({})) }));
const path = createRequire(import.meta.url).resolve('@octokit/webhooks-examples');
const all = Examples.parse(JSON.parse(readFileSync(path, 'utf8')));
const examples = all.find(({ name }) => name === 'pull_request')?.examples ?? [];
const opened = examples.find((example) => example['action'] === 'opened') ?? {};

function openedWith(change: (payload: ReturnType<typeof copy>) => void) {
  const payload = copy();
  change(payload);
  return payload;
}

interface Payload {
  [key: string]: unknown;
  pull_request: Record<string, unknown> & {
    head: Record<string, unknown>;
    base: Record<string, unknown>;
  };
  repository: Record<string, unknown>;
}

function copy(): Payload {
  return structuredClone(opened) as unknown as Payload;
}

test.each(examples.map((example) => [String(example['action']), example]))(
  'GitHub’s own example of "%s" is read',
  (action, example) => {
    const event = factsFromPayload(example);
    expect(event.action).toBe(action);
    expect(event.facts.head.sha).toMatch(/^[0-9a-f]{40}$/);
    expect(event.facts.base.repoId).toBe(event.origin.repoId);
    expect(event.facts.sender?.id).toBe(event.origin.sender.id);
  },
);

test('an opened pull request becomes facts', () => {
  const { origin, facts } = factsFromPayload(opened);
  expect(origin).toMatchObject({
    fullName: 'Codertocat/Hello-World',
    defaultBranch: 'master',
    private: false,
  });
  expect(facts).toMatchObject({
    number: 2,
    title: 'Update the README with new information.',
    state: 'open',
    merged: false,
    draft: false,
    author: { login: 'Codertocat', isBot: false },
    head: { ref: 'changes' },
    url: 'https://github.com/Codertocat/Hello-World/pull/2',
  });
});

test('the picture of the author is kept, and an odd one is left out', () => {
  expect(factsFromPayload(opened).facts.author.avatarUrl).toMatch(/^https:\/\/avatars/);
  for (const avatar_url of ['javascript:alert(1)', '', null]) {
    const user = { id: 5, login: 'octavia', type: 'User', avatar_url };
    const { facts } = factsFromPayload(openedWith(({ pull_request }) => (pull_request['user'] = user)));
    expect(facts.author).toEqual({ id: 5, login: 'octavia', isBot: false });
  }
});

test('the head of a fork that was deleted belongs to no repository', () => {
  const { facts } = factsFromPayload(openedWith(({ pull_request }) => (pull_request.head['repo'] = null)));
  expect(facts.head.repoId).toBeNull();
});

test('the author of a deleted account is a ghost, and a bot is a bot', () => {
  const ghost = factsFromPayload(openedWith(({ pull_request }) => (pull_request['user'] = null)));
  expect(ghost.facts.author).toEqual({ id: 10_137, login: 'ghost', isBot: false });
  const user = { id: 5, login: 'dependabot[bot]', type: 'Bot' };
  expect(
    factsFromPayload(openedWith(({ pull_request }) => (pull_request['user'] = user))).facts.author.isBot,
  ).toBe(true);
});

test.each<[string, (payload: Payload) => void]>([
  ['has no pull request', (payload) => void Reflect.deleteProperty(payload, 'pull_request')],
  ['has another number outside than inside', (payload) => (payload['number'] = 3)],
  ['belongs to another repository', (payload) => (payload.repository['id'] = 1)],
  ['has an action that is an object', (payload) => (payload['action'] = {})],
  ['has no action', (payload) => void Reflect.deleteProperty(payload, 'action')],
  ['has an installation of -1', (payload) => (payload['installation'] = { id: -1 })],
  ['has an installation that is no number', (payload) => (payload['installation'] = { id: {} })],
  ['has an installation beyond all numbers', (payload) => (payload['installation'] = { id: Infinity })],
  ['has a repository with a path for a name', (payload) => (payload.repository['full_name'] = '../../etc')],
  ['has a repository id as text', (payload) => (payload.repository['id'] = '186853002')],
  ['has a head of 39 digits', ({ pull_request }) => (pull_request.head['sha'] = 'a'.repeat(39))],
  ['has a head of 41 digits', ({ pull_request }) => (pull_request.head['sha'] = 'a'.repeat(41))],
  ['has a head in capitals', ({ pull_request }) => (pull_request.head['sha'] = 'A'.repeat(40))],
  ['has a path for a head', ({ pull_request }) => (pull_request.head['sha'] = '../'.repeat(13))],
  ['has a branch that git refuses', ({ pull_request }) => (pull_request.head['ref'] = 'a/../b')],
  ['has an empty branch', ({ pull_request }) => (pull_request.head['ref'] = '')],
  ['has a list for a branch', ({ pull_request }) => (pull_request.head['ref'] = ['a'])],
  [
    'has an address that is a script',
    ({ pull_request }) => (pull_request['html_url'] = 'javascript:alert(1)'),
  ],
  ['has a state of its own', ({ pull_request }) => (pull_request['state'] = 'reopened')],
])('an event that %s is no event', (_what, change) => {
  expect(() => factsFromPayload(openedWith(change))).toThrow(
    expect.objectContaining({ code: 'bad_request' }) as unknown as Error,
  );
});

test.each([null, 123, 'str', [], {}, { action: {} }, { __proto__: null }])('%j is no event', (payload) => {
  expect(() => factsFromPayload(payload)).toThrow(
    expect.objectContaining({ code: 'bad_request' }) as unknown as Error,
  );
  expect(() => originFromPayload(payload)).toThrow(
    expect.objectContaining({ code: 'bad_request' }) as unknown as Error,
  );
});

test('a webhook of a repository without the App has no installation', () => {
  const payload = openedWith((event) => void Reflect.deleteProperty(event, 'installation'));
  expect(factsFromPayload(payload).origin.installationId).toBeNull();
});

test('what decides is kept, everything else is dropped', () => {
  const { facts } = factsFromPayload(
    openedWith(({ pull_request }) => (pull_request['body'] = 'x'.repeat(100_000))),
  );
  expect(JSON.stringify(facts).length).toBeLessThan(2_000);
});

test('the origin of every other event of a repository is read from GitHub’s examples', () => {
  const named = all.filter(({ name }) => ['check_run', 'workflow_run', 'repository'].includes(name));
  const others = named.flatMap((event) => event.examples);
  expect(others.length).toBeGreaterThan(10);
  for (const example of others) expect(originFromPayload(example).repoId).toBeGreaterThan(0);
});
