import type { PullRequestFacts } from '../../src/pull-requests/facts.js';

export const HEAD_SHA = 'a'.repeat(40);
export const NEXT_SHA = 'b'.repeat(40);

/** An ordinary pull request from a branch of the same repository, with what a test is about changed. */
export function pullRequest(changes: Partial<PullRequestFacts> = {}): PullRequestFacts {
  return {
    number: 7,
    title: 'Add a page',
    state: 'open',
    merged: false,
    draft: false,
    author: { id: 1, login: 'octocat', isBot: false },
    head: { ref: 'add-page', sha: HEAD_SHA, repoId: 10 },
    base: { ref: 'main', sha: 'c'.repeat(40), repoId: 10 },
    labels: [],
    updatedAt: new Date('2026-01-01T00:00:00Z'),
    url: 'https://github.com/acme/hello/pull/7',
    ...changes,
  };
}
