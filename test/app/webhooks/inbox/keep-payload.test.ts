import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { EVENTS } from '../../../../app/index.js';
import { keepPayload } from '../../../../app/webhooks/inbox/keep-payload.js';
import { GitHubPullRequest, toPullRequestFacts } from '../../../../src/pull-requests/github-payload.js';

interface Examples {
  readonly name: string;
  readonly examples: readonly unknown[];
}
const path = createRequire(import.meta.url).resolve('@octokit/webhooks-examples');
const EVENTS_OF_GITHUB = JSON.parse(readFileSync(path, 'utf8')) as readonly Examples[];

const bytesOf = (event: string, payload: unknown) => keepPayload(EVENTS.get(event)?.keep, payload);
const kept = (event: string, payload: unknown): unknown =>
  JSON.parse(bytesOf(event, payload).toString('utf8'));

const factsIn = (payload: unknown) =>
  toPullRequestFacts(GitHubPullRequest.parse((payload as { pull_request: unknown }).pull_request));

test('what is kept of a pull request says the same to its handler as the whole', () => {
  const examples = EVENTS_OF_GITHUB.find(({ name }) => name === 'pull_request')?.examples ?? [];
  expect(examples.length).toBeGreaterThan(20);
  for (const example of examples) expect(factsIn(kept('pull_request', example))).toEqual(factsIn(example));
});

test('a payload of 24 kB is kept as less than 3 kB, and an event without a handler as its common part', () => {
  const [example] = EVENTS_OF_GITHUB.find(({ name }) => name === 'pull_request')?.examples ?? [];
  expect(bytesOf('pull_request', example).length).toBeLessThan(3_000);
  const pushed = {
    ref: 'refs/heads/main',
    repository: { id: 7, description: 'x'.repeat(9_000) },
    commits: [],
  };
  expect(kept('gollum', pushed)).toEqual({ repository: { id: 7 } });
});

test('names that every object has are not kept, and long changes are dropped', () => {
  expect(kept('constructor', JSON.parse('{"__proto__":{"action":"x"},"action":"opened"}'))).toEqual({
    action: 'opened',
  });
  expect(kept('pull_request', { changes: { body: { from: 'x'.repeat(30_000) } } })).toEqual({});
  expect(kept('pull_request', { changes: { title: { from: 'before' } } })).toEqual({
    changes: { title: { from: 'before' } },
  });
});
