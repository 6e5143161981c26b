import type { Delivery } from '../../src/deliveries/store.js';
import type { NewDeployment } from '../../src/deployments/model.js';
import type { NewEnvironment } from '../../src/environments/store.js';
import type { DecideInput, EnvironmentState } from '../../src/pull-requests/decide/input.js';
import type { PullRequestFacts } from '../../src/pull-requests/facts.js';
import { defaultSettings, type Settings } from '../../src/settings/settings.js';
import type { Release } from '../../src/targets/target.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';

/** Complete values of the nouns. A test names only the fields that matter to it. */

export const HEAD_SHA = 'a'.repeat(40);
export const NEXT_SHA = 'b'.repeat(40);

/** An open pull request from a branch of the same repository. */
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

export function newEnvironment(changes: Partial<NewEnvironment> = {}): NewEnvironment {
  const name = changes.name ?? 'pr-1';
  return {
    projectId: 'aaaaaaaaaaaaaaaaaaaaaaaa',
    project: 'site',
    repoId: 1,
    repository: 'octo/site',
    installationId: 7,
    name,
    slug: `${name}-site`,
    url: `http://${name}-site.localhost:3000`,
    ...changes,
  };
}

export function newDeployment(changes: Partial<NewDeployment> = {}): NewDeployment {
  return {
    id: 'dddddddddddddddddddddd01',
    environmentId: 'eeeeeeeeeeeeeeeeeeeeeeee',
    projectId: 'aaaaaaaaaaaaaaaaaaaaaaaa',
    repoId: 1,
    generation: 1,
    sha: HEAD_SHA,
    run: null,
    branch: 'feature',
    commitMessage: null,
    author: 'mona',
    creator: 'webhook',
    previousDeploymentId: null,
    ...changes,
  };
}

/** A webhook delivery. Its body has a character of two bytes. */
export function delivery(changes: Partial<Delivery> = {}): Delivery {
  return {
    guid: '11111111-0000-0000-0000-000000000001',
    event: 'pull_request',
    action: 'opened',
    repoId: 1,
    installationId: 7,
    body: Buffer.from('{"zen":"\u00e9"}'),
    receivedAt: new Date('2026-01-01T00:00:00Z'),
    ...changes,
  };
}

type Triggers = Settings['triggers'];

export function withTriggers(changes: Partial<Triggers>): Settings {
  const settings = defaultSettings();
  return { ...settings, triggers: { ...settings.triggers, ...changes } };
}

/** What a target is given, of the environment `pr-1-hello` unless it is said. */
export function release(changes: Partial<Release> = {}): Release {
  return {
    slug: 'pr-1-hello',
    generation: 1,
    deploymentId: 'd1',
    projectId: 'p1',
    sha: HEAD_SHA,
    trusted: true,
    artifact: null,
    image: null,
    compose: null,
    program: { start: null, port: null, healthPath: '/', memoryBytes: 512 * 1024 ** 2, cpus: 0.5 },
    hooks: { created: null, deployed: null, destroyed: null },
    services: [],
    ...changes,
  };
}

/** What the decision reads of an environment whose preview is live. */
export function liveEnvironment(changes: Partial<EnvironmentState> = {}): EnvironmentState {
  return {
    status: ENVIRONMENT_STATUS.ready,
    generation: 1,
    headSha: HEAD_SHA,
    isShown: true,
    approvedSha: null,
    ...changes,
  };
}

/** The input of the decision: a trusted author opened a pull request that has no environment yet. */
export function decideInput(
  changes: Partial<Omit<DecideInput, 'pullRequest'>> & { pullRequest?: Partial<PullRequestFacts> } = {},
): DecideInput {
  return {
    action: 'opened',
    settings: defaultSettings(),
    trust: { level: 'trusted', reason: 'The author may write to this repository.' },
    environment: null,
    counts: { environmentsInProject: 0 },
    ...changes,
    pullRequest: pullRequest(changes.pullRequest),
  };
}
