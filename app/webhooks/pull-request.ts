import { z } from 'zod';
import { observePullRequest } from '../../src/observations/observe.js';
import { GitHubPullRequest, toPullRequestFacts } from '../../src/pull-requests/github-payload.js';
import { declareEvent, sourceOf } from './declare-event.js';
import { KEEP_ACCOUNT } from './inbox/keep-payload.js';
import { Action, Id, ORIGIN, repoOf, Sha, UNINSTALLED } from './payload.js';

const { head, base } = GitHubPullRequest.shape;
const side = { ref: z.string().min(1), sha: Sha };
const keptSide = { ref: true, sha: true, repo: { id: true } } as const;

/** A pull request was opened, pushed to, labelled, edited or closed. */
export const pullRequest = declareEvent({
  name: 'pull_request',
  shape: z
    .object({
      ...ORIGIN,
      action: Action,
      number: Id,
      pull_request: GitHubPullRequest.extend({ head: head.extend(side), base: base.extend(side) }),
      /** Of `labeled` and `unlabeled`. */
      label: z.object({ name: z.string() }).nullish(),
    })
    .refine(({ number, pull_request: pull }) => number === pull.number, {
      path: ['number'],
      error: 'is not the number of the pull request',
    })
    .refine(({ repository, pull_request: pull }) => repository.id === pull.base.repo.id, {
      path: ['repository', 'id'],
      error: 'is not the repository of the pull request',
    }),
  keep: {
    number: true,
    label: { name: true },
    changes: true,
    pull_request: {
      number: true,
      title: true,
      state: true,
      merged: true,
      merged_at: true,
      draft: true,
      user: KEEP_ACCOUNT,
      head: keptSide,
      base: keptSide,
      labels: [{ name: true }],
      created_at: true,
      updated_at: true,
      html_url: true,
    },
  },
  // Two writers of one environment would only make each other start over.
  orderKey: ({ repository, number }) => `${repository.id}#${number}`,
  async handle(ports, payload, handled) {
    const repo = repoOf(payload);
    if (!repo) return UNINSTALLED;
    ports.installationTokens.prepareReport({ installationId: repo.installationId, repoId: repo.id });
    const { id, login, type } = payload.sender;
    const label = payload.label?.name;
    return observePullRequest(ports, {
      action: payload.action,
      repo,
      facts: toPullRequestFacts(payload.pull_request, { sender: { id, login } }),
      sender: { id, login, isBot: type === 'Bot' },
      source: sourceOf(handled),
      ...(label ? { label } : {}),
    });
  },
});
