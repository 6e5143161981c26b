import { expect, test } from '@jest/globals';
import {
  freshness,
  isFork,
  isGitRefName,
  isPicture,
  parseHeadSha,
  pullRequestFacts,
} from '../../src/pull-requests/facts.js';
import { BRANCH_NAMES, ILLEGAL_BRANCH_NAMES } from '../shared/branch-names.js';
import { HEAD_SHA, pullRequest } from '../support/builders.js';

test.each(BRANCH_NAMES)('%j is a branch name like any other', (ref) => {
  expect(isGitRefName(ref)).toBe(true);
  expect(pullRequestFacts.safeParse(pullRequest({ head: { ref, sha: HEAD_SHA, repoId: 10 } })).success).toBe(
    true,
  );
});

test.each(ILLEGAL_BRANCH_NAMES)('%j is refused as a branch name', (ref) => {
  expect(isGitRefName(ref)).toBe(false);
  expect(pullRequestFacts.safeParse(pullRequest({ head: { ref, sha: HEAD_SHA, repoId: 10 } })).success).toBe(
    false,
  );
});

test.each([null, [], ['main'], 7, {}])('%j in place of a branch name is refused', (ref) => {
  const facts = pullRequest();
  expect(pullRequestFacts.safeParse({ ...facts, head: { ...facts.head, ref } }).success).toBe(false);
});

test.each([
  'a'.repeat(39),
  'a'.repeat(41),
  'A'.repeat(40),
  `../${'a'.repeat(37)}`,
  'g'.repeat(40),
  '',
  null,
  7,
])('%j is no commit', (sha) => {
  expect(parseHeadSha(sha)).toBeUndefined();
  const facts = pullRequest();
  expect(pullRequestFacts.safeParse({ ...facts, head: { ...facts.head, sha } }).success).toBe(false);
});

test('a full commit name is one', () => {
  expect(parseHeadSha(HEAD_SHA)).toBe(HEAD_SHA);
});

test('facts survive the way through JSON', () => {
  const facts = pullRequest({
    sender: { id: 2, login: 'hubot' },
    changedFiles: ['a.md'],
    commitMessage: 'x',
  });
  expect(pullRequestFacts.parse(JSON.parse(JSON.stringify(facts)))).toEqual(facts);
});

test.each([
  { number: 0 },
  { number: 1.5 },
  { state: 'merged' },
  { url: 'javascript:alert(1)' },
  { updatedAt: null },
  { updatedAt: 'yesterday' },
  { author: { id: 2 ** 60, login: 'x', isBot: false } },
  { labels: 'preview' },
])('%j is no fact', (change) => {
  expect(pullRequestFacts.safeParse({ ...pullRequest(), ...change }).success).toBe(false);
});

test.each([
  ['a branch of the same repository', 10, false],
  ['a fork', 11, true],
  ['a fork that was deleted', null, true],
])('%s is a fork: %s %s', (_, repoId, expected) => {
  const facts = pullRequest();
  expect(isFork({ ...facts, head: { ...facts.head, repoId } })).toBe(expected);
});

test.each([
  ['https://avatars.githubusercontent.com/u/1', true],
  ['javascript:alert(1)', false],
  ['', false],
  [7, false],
])('%j: is it the address of a picture?', (url, is) => {
  expect(isPicture(url)).toBe(is);
});

const at = (seconds: number) => ({ updatedAt: new Date(Date.UTC(2026, 10, 28, 12, 0, seconds)) });

test.each([
  ['a later second', pullRequest(at(1)), pullRequest(at(2)), 'newer'],
  ['an earlier second', pullRequest(at(2)), pullRequest(at(1)), 'older'],
  ['the same second and state', pullRequest(at(1)), pullRequest(at(1)), 'same'],
  [
    'the same labels in another order',
    pullRequest({ ...at(1), labels: ['a', 'b'] }),
    pullRequest({ ...at(1), labels: ['b', 'a'] }),
    'same',
  ],
  ['the same second, another title', pullRequest(at(1)), pullRequest({ ...at(1), title: 'Other' }), 'tie'],
  ['nothing stored', null, pullRequest(at(1)), 'newer'],
])('%s: which of two states of a pull request is the newer one', (_what, stored, observed, expected) => {
  expect(freshness(stored, observed)).toBe(expected);
});
