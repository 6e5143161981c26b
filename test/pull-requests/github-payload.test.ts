import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { GitHubPullRequest, toPullRequestFacts } from '../../src/pull-requests/github-payload.js';

const Examples = z.array(z.object({ name: z.string(), examples: z.array(z.looseObject({})) }));
const path = createRequire(import.meta.url).resolve('@octokit/webhooks-examples');
const all = Examples.parse(JSON.parse(readFileSync(path, 'utf8')));
const events = all.find(({ name }) => name === 'pull_request')?.examples ?? [];
const opened = events.find((event) => event['action'] === 'opened')?.['pull_request'];

function factsWith(changes: object = {}) {
  return toPullRequestFacts(GitHubPullRequest.parse({ ...(opened as object), ...changes }));
}

test("every pull request in GitHub's own examples becomes facts", () => {
  expect(events.length).toBeGreaterThan(20);
  for (const event of events) {
    const pull = GitHubPullRequest.parse(event['pull_request']);
    expect(toPullRequestFacts(pull)).toMatchObject({ number: pull.number, state: pull.state });
  }
});

test('an opened pull request becomes facts', () => {
  expect(factsWith()).toMatchObject({
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

test('the picture of the author is kept, and one that is no web address is left out', () => {
  expect(factsWith().author.avatarUrl).toMatch(/^https:\/\/avatars/);
  for (const avatar_url of ['javascript:alert(1)', '', null]) {
    const { author } = factsWith({ user: { id: 5, login: 'octavia', type: 'User', avatar_url } });
    expect(author).toEqual({ id: 5, login: 'octavia', isBot: false });
  }
});

test('the head of a fork that was deleted belongs to no repository', () => {
  const { head } = GitHubPullRequest.parse(opened);
  expect(factsWith({ head: { ...head, repo: null } }).head.repoId).toBeNull();
});

test('the author of a deleted account is a ghost, and a bot is a bot', () => {
  expect(factsWith({ user: null }).author).toEqual({ id: 10_137, login: 'ghost', isBot: false });
  expect(factsWith({ user: { id: 5, login: 'dependabot[bot]', type: 'Bot' } }).author.isBot).toBe(true);
});

test('what decides is kept, everything else is dropped', () => {
  expect(JSON.stringify(factsWith({ body: 'x'.repeat(100_000) })).length).toBeLessThan(2_000);
});
