import { applyDecision } from '../../src/environments/apply-decision.js';
import { draftEnvironment } from '../../src/environments/draft.js';
import { decide } from '../../src/pull-requests/decide/decision.js';
import { toPullRequestFacts } from '../../src/pull-requests/github-payload.js';
import { trustOf } from '../../src/pull-requests/trust.js';
import { type Desired, desiredReports } from '../../src/reports/desired.js';
import { parseSettings } from '../../src/settings/settings.js';
import type { GitHubSide } from '../github/create-github.js';
import { EVENTS } from '../index.js';
import type { Ports } from '../ports.js';

/**
 * The first event after a start would otherwise wait for what all later ones find ready: compiled code and templates, connections to the
 * database, a signature of the App. Looks for what is not there, tells GitHub nothing and changes nothing.
 */
export async function warmUp(ports: Ports, github: Pick<GitHubSide, 'rehearse'>): Promise<void> {
  await Promise.all([readNothing(ports), reportsOfMadeUp(ports).then(github.rehearse)]);
}

/** Side by side, as an event does it, so that as many connections are opened. */
function readNothing({ environments, repos, projects, deployments, users }: Ports): Promise<unknown> {
  return Promise.all([
    environments.ofPullRequest(0, 0),
    environments.countActive(''),
    environments.get(''),
    repos.get(0),
    projects.ofRepo(0),
    deployments.get(''),
    deployments.unsettledOf(''),
    users.byGitHubId(0),
  ]);
}

const SHA = '0'.repeat(40);
const USER = { id: 1, login: 'octocat', type: 'User' };
const REPOSITORY = {
  id: 1,
  full_name: 'octocat/site',
  default_branch: 'main',
  private: false,
  owner: USER,
};

const PAYLOAD = {
  action: 'opened',
  number: 1,
  repository: REPOSITORY,
  installation: { id: 1 },
  sender: USER,
  pull_request: {
    number: 1,
    title: 'Made up',
    state: 'open',
    user: USER,
    head: { ref: 'made-up', sha: SHA, repo: { id: 1 } },
    base: { ref: 'main', sha: SHA, repo: { id: 1 } },
    labels: [],
    updated_at: '2026-01-01T00:00:00Z',
    html_url: 'https://github.com/octocat/site/pull/1',
  },
} as const;

/** What GitHub would be told of a made-up pull request. */
function reportsOfMadeUp({ clock, newId, publicUrl: url }: Ports): Promise<Desired> {
  EVENTS.get('pull_request')?.arrive(PAYLOAD);
  const { settings } = parseSettings({});
  const facts = toPullRequestFacts({ ...PAYLOAD.pull_request, labels: [] });
  const { full_name: repository, id: repoId } = REPOSITORY;
  const pusher = { login: USER.login, isBot: false };
  const trust = trustOf({
    permission: 'admin',
    isFork: false,
    isBot: false,
    approvedSha: null,
    headSha: SHA,
  });
  const decision = decide({
    ...{ action: 'opened', pullRequest: facts, settings, trust, environment: null },
    counts: { environmentsInProject: 0 },
  });
  const now = clock.now();
  const named = { projectId: '', project: 'site', name: 'pr-1', slug: 'pr-1-site', url };
  const draft = draftEnvironment({ ...named, repoId, repository, installationId: 1 }, { id: '', now });
  const { patch } = applyDecision(draft, {
    ...{ facts, decision, settings, pusher, repository, now, newId },
    ...{ notes: [], approvedSha: null, installationId: 1 },
  });
  const environment = { ...draft, ...patch };
  return desiredReports(() => Promise.resolve(null), { environment, siblings: [environment] });
}
