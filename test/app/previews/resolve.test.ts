import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { findHost } from '../../../app/previews/resolve.js';
import type { Deployment } from '../../../src/deployments/model.js';
import type { Environment } from '../../../src/environments/model.js';
import type { Decision } from '../../../src/pull-requests/decide/decision.js';
import type { Rule } from '../../../src/pull-requests/decide/rules.js';
import { defaultSettings } from '../../../src/settings/settings.js';
import { serviceLabel } from '../../../src/shared/preview-url.js';
import { CONTAINER_STATUS, DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { at, deploymentWith, environmentWith, SHA } from '../github/report/scenes.js';

const ROOT = 'b'.repeat(64);
const FILES = { kind: 'files', root: ROOT } as const;
const SLUG = 'pr-7-hello';
const COMMIT = `${SHA.slice(0, 7)}-${SLUG}`;
const LOGS = 'https://github.com/acme/hello/actions/runs/77';
const PULL = { text: 'Pull request #7', url: 'https://github.com/acme/hello/pull/7' };
const ELSEWHERE = 'https://staging.example.com/pr-7';
const LINK = { kind: 'elsewhere', url: ELSEWHERE, healthPath: '/', removable: false } as const;

interface Documents {
  readonly environment?: Partial<Environment>;
  /** Of the commit, the newest first. */
  readonly deployments?: readonly Deployment[];
}

const stored = <Document>(document: Document) => ({ ...document, version: 0 });

/** What a host shows while these are the documents. */
async function shownAt(label: string, { environment = {}, deployments = [] }: Documents) {
  const usable: readonly string[] = [
    DEPLOYMENT_STATUS.success,
    DEPLOYMENT_STATUS.queued,
    DEPLOYMENT_STATUS.running,
  ];
  const { preview } = await findHost(
    {
      accessOf: async () => null,
      publicUrl: 'https://vitrine.example',
      targets: new Map([
        ['runner', { starts: true, options: z.unknown(), addresses: () => ['api', 'Mail'] }],
      ]),
      environments: {
        bySlug: async (slug) => (slug === SLUG ? stored(environmentWith(environment)) : null),
      },
      deployments: {
        bySha7: async (_id, sha7) => {
          const found = deployments.find(
            ({ sha, status, reach }) =>
              sha.startsWith(sha7) && reach?.kind === 'files' && usable.includes(status),
          );
          return found ? stored(found) : null;
        },
        newestBySha7: async (_id, sha7) => {
          const found = deployments.find(({ sha }) => sha.startsWith(sha7));
          return found ? stored(found) : null;
        },
      },
    },
    label,
  );
  return preview;
}

function resourceOf({ id: deploymentId }: Deployment, over: object = {}) {
  const made = {
    target: 'static',
    generation: 1,
    artifactRoot: ROOT,
    reach: FILES,
    doomed: false,
    handle: {},
  };
  return { deploymentId, ...made, ...over };
}

const decided = (action: Decision['action'], rule: Rule, detail: string): Partial<Environment> => ({
  decision: { action, rule, detail },
});
const closedPull = (merged: boolean): Partial<Environment> => {
  const { pullRequest } = environmentWith();
  return { pullRequest: pullRequest && { ...pullRequest, state: 'closed', merged } };
};

const first = deploymentWith(DEPLOYMENT_STATUS.success, { id: '1'.repeat(24), reach: FILES });
const again = (status: Deployment['status'], over: Partial<Deployment> = {}) =>
  deploymentWith(status, { id: '2'.repeat(24), ...over });

test('the host of a commit shows its build once it is published, and its newest build when it is built again', async () => {
  const files = { kind: 'files', root: 'c'.repeat(64) } as const;
  const second = again(DEPLOYMENT_STATUS.running, { reach: files });
  const both = { environment: { resources: [resourceOf(first)] }, deployments: [second, first] };
  expect(await shownAt(COMMIT, { ...both, deployments: [first] })).toMatchObject({
    kind: 'live',
    root: ROOT,
  });
  expect(
    await shownAt(COMMIT, { ...both, deployments: [again(DEPLOYMENT_STATUS.queued), first] }),
  ).toMatchObject({
    root: ROOT,
  });
  expect(await shownAt(COMMIT, both)).toMatchObject({ kind: 'page', state: DEPLOYMENT_STATUS.running });
  const published = { resources: [resourceOf(first), resourceOf(second)] };
  expect(await shownAt(COMMIT, { ...both, environment: published })).toMatchObject({
    kind: 'live',
    deploymentId: second.id,
    root: files.root,
  });
  const failed = again(DEPLOYMENT_STATUS.failed, { reach: files });
  expect(await shownAt(COMMIT, { environment: published, deployments: [failed, first] })).toMatchObject({
    deploymentId: first.id,
  });
});

test('one more service of a preview has a host: its program once it is live, and before and after it the page of the preview', async () => {
  const place = (port: number) => ({ host: '127.0.0.1', port });
  const url = 'http://api-pr-7-hello.localhost';
  const reach = { kind: 'upstream', ...place(1), addresses: [{ service: 'api', url, ...place(2) }] } as const;
  const { id } = environmentWith();
  const current = { deploymentId: first.id, sha: SHA, url, reach, at: at('12:42:12') };
  const settings = { ...defaultSettings(), target: { name: 'runner', options: {} } };
  const live = { current, settings };
  expect(await shownAt('api-pr-7-hello', { environment: live })).toMatchObject({
    ...{ kind: 'upstream', ...place(2), keepsAwake: id, crashed: false },
  });
  const asleep = { since: at('13:00:00'), stoppedAt: null, failedAt: null };
  expect(await shownAt('api-pr-7-hello', { environment: { ...live, asleep } })).toMatchObject({
    kind: 'asleep',
    environmentId: id,
  });
  const mail = serviceLabel({ service: 'Mail', label: SLUG });
  const before = { settings, status: ENVIRONMENT_STATUS.pending };
  for (const label of ['api-pr-7-hello', mail])
    expect(await shownAt(label, { environment: before })).toMatchObject({ kind: 'page' });
  const gone = { ...live, status: ENVIRONMENT_STATUS.destroyed };
  expect(await shownAt('api-pr-7-hello', { environment: gone })).toMatchObject({
    kind: 'page',
    state: ENVIRONMENT_STATUS.destroyed,
  });
  // It is not live, it is none of this preview, and there is no such preview.
  for (const label of [mail, 'db-pr-7-hello', 'api-pr-8-hello'])
    expect(await shownAt(label, { environment: live })).toEqual({ kind: 'unknown' });
  expect(
    await shownAt('api-pr-7-hello', { environment: { ...live, settings: null, current: null } }),
  ).toEqual({
    kind: 'unknown',
  });
});

const states: [string, Deployment, object][] = [
  [
    'waits',
    again(DEPLOYMENT_STATUS.queued, { run: null, logsUrl: null }),
    { state: DEPLOYMENT_STATUS.queued, reason: null, link: PULL },
  ],
  [
    'is being built',
    again(DEPLOYMENT_STATUS.running),
    { state: DEPLOYMENT_STATUS.running, reason: null, link: PULL },
  ],
  [
    'failed',
    again(DEPLOYMENT_STATUS.failed, { error: 'npm run build ended with code 1' }),
    {
      state: DEPLOYMENT_STATUS.failed,
      reason: 'npm run build ended with code 1',
      link: { text: 'Open the log', url: LOGS },
    },
  ],
  [
    'failed with a known cause',
    again(DEPLOYMENT_STATUS.failed, {
      error: 'npm ci ended with code 1',
      cause: { line: 'Missing: left-pad@1.3.0 from lock file', excerpt: ['Missing'], at: 0 },
    }),
    { state: DEPLOYMENT_STATUS.failed, reason: 'Missing: left-pad@1.3.0 from lock file' },
  ],
  [
    'failed without a log',
    again(DEPLOYMENT_STATUS.failed, { error: 'No run came.', logsUrl: null }),
    { state: DEPLOYMENT_STATUS.failed, reason: 'No run came.', link: PULL },
  ],
  [
    'was cancelled',
    again(DEPLOYMENT_STATUS.cancelled),
    { state: DEPLOYMENT_STATUS.cancelled, link: { text: 'Open the log', url: LOGS } },
  ],
  [
    'was overtaken',
    again(DEPLOYMENT_STATUS.superseded),
    { state: DEPLOYMENT_STATUS.superseded, link: { text: 'Go to the preview', url: environmentWith().url } },
  ],
  [
    'lives elsewhere',
    again(DEPLOYMENT_STATUS.success, { url: ELSEWHERE, reach: LINK }),
    { state: 'elsewhere', link: { url: ELSEWHERE } },
  ],
  [
    'was removed',
    first,
    {
      state: DEPLOYMENT_STATUS.success,
      link: { url: environmentWith().url },
      text: { status: 410, message: expect.stringContaining('files were removed') },
    },
  ],
  [
    'was a program that ended when a newer one went live',
    deploymentWith(DEPLOYMENT_STATUS.success, {
      reach: { kind: 'upstream', host: '127.0.0.1', port: 30_001 },
    }),
    {
      link: { text: 'Go to the preview', url: environmentWith().url },
      text: {
        status: 410,
        heading: 'The program of this commit was stopped',
        message: expect.stringMatching(/create a branch at this commit and open a pull request/),
      },
      otherLinks: [
        { url: expect.stringMatching(/^https?:\/\/[^/]+\/acme\/hello\/tree\/[0-9a-f]{40}$/) },
        { text: 'Open its deployment', url: 'https://vitrine.example/deployments/65e1a000000000000000000a' },
      ],
    },
  ],
];
test.each(states)(
  'the host of a commit that %s says so, whatever became of the others',
  async (_, one, expected) => {
    const shown = await shownAt(COMMIT, {
      deployments: [one],
      environment: { status: ENVIRONMENT_STATUS.updating },
    });
    expect(shown).toMatchObject({ kind: 'page', title: 'acme/hello #7', ...expected });
  },
);

test('the host of a commit that nobody knows is unknown, and so is one of an environment that is not there', async () => {
  expect(await shownAt(`0000000-${SLUG}`, { deployments: [first] })).toEqual({ kind: 'unknown' });
  expect(await shownAt(`${SHA.slice(0, 7)}-pr-8-hello`, { deployments: [first] })).toEqual({
    kind: 'unknown',
  });
});

test('once a build is handed to a target that starts programs, both hosts say that it starts', async () => {
  const id = environmentWith().head?.deploymentId ?? '';
  const running = again(DEPLOYMENT_STATUS.running, { id });
  const made = (target: string) => ({
    environment: {
      ...{ status: ENVIRONMENT_STATUS.provisioning, current: null },
      resources: [resourceOf(running, { target, reach: null, handle: null })],
    },
    deployments: [running],
  });
  for (const label of [SLUG, COMMIT]) {
    expect(await shownAt(label, made('runner'))).toMatchObject({ state: CONTAINER_STATUS.starting });
    const uploading = label === SLUG ? ENVIRONMENT_STATUS.provisioning : DEPLOYMENT_STATUS.running;
    expect(await shownAt(label, made('static'))).toMatchObject({ state: uploading });
  }
});

test('a program that sleeps is woken at its host, whatever became of a newer commit, and one that runs is passed on to', async () => {
  const reach = { kind: 'upstream', host: '127.0.0.1', port: 30_001 } as const;
  const current = { deploymentId: first.id, sha: SHA, url: 'x', reach, at: at('12:00:00') };
  const asleep = { since: at('13:00:00'), stoppedAt: null, failedAt: null };
  for (const status of [ENVIRONMENT_STATUS.sleeping, ENVIRONMENT_STATUS.updating, ENVIRONMENT_STATUS.failed])
    expect(await shownAt(SLUG, { environment: { status, current, asleep } })).toMatchObject({
      ...{ kind: 'asleep', environmentId: environmentWith().id },
      page: { state: ENVIRONMENT_STATUS.sleeping, title: 'acme/hello #7', link: PULL },
    });
  const health = { state: 'gone', detail: null, since: at('13:00:00') } as const;
  expect(await shownAt(SLUG, { environment: { current, health } })).toMatchObject({
    ...{ kind: 'upstream', port: 30_001, keepsAwake: environmentWith().id, crashed: true },
  });
});

const DRAFT = 'Drafts get no preview. Mark the pull request as ready for review.';

test('a skipped pull request says why at its own host and at that of its commit, and not that it is being built', async () => {
  const environment = { status: ENVIRONMENT_STATUS.pending, ...decided('skip', 'draft', DRAFT) };
  for (const label of [SLUG, COMMIT]) {
    const expected = { kind: 'page', state: 'declined', reason: DRAFT, link: PULL };
    expect(await shownAt(label, { environment })).toMatchObject(expected);
    expect(
      await shownAt(label, { environment, deployments: [again(DEPLOYMENT_STATUS.queued)] }),
    ).toMatchObject(label === COMMIT ? { state: DEPLOYMENT_STATUS.queued } : expected);
  }
  const queued = again(DEPLOYMENT_STATUS.queued, { id: environmentWith().head?.deploymentId ?? '' });
  expect(await shownAt(COMMIT, { environment, deployments: [queued] })).toMatchObject({ state: 'declined' });
});

test('a commit that is held while an older one is live says so at its host', async () => {
  const held = {
    ...decided('hold', 'awaiting-approval', 'Somebody must approve.'),
    current: { deploymentId: first.id, sha: SHA, url: 'x', reach: FILES, at: at('12:00:00') },
  };
  expect(await shownAt(COMMIT, { environment: held })).toMatchObject({
    state: ENVIRONMENT_STATUS.awaitingApproval,
    reason: 'Somebody must approve.',
  });
  expect(await shownAt(SLUG, { environment: held })).toMatchObject({ kind: 'live' });
});

test('the newest commit that failed and is skipped since says so at its host, as in its check', async () => {
  const environment = { status: ENVIRONMENT_STATUS.failed, ...decided('skip', 'draft', DRAFT) };
  const id = environmentWith().head?.deploymentId ?? '';
  const deployments = [again(DEPLOYMENT_STATUS.failed, { id })];
  expect(await shownAt(COMMIT, { environment, deployments })).toMatchObject({
    state: 'declined',
    reason: DRAFT,
    link: PULL,
  });
});

test('a preview that lives at another address leads there, also while it is updated', async () => {
  const current = {
    deploymentId: first.id,
    sha: SHA,
    url: ELSEWHERE,
    reach: LINK,
    at: at('12:00:00'),
  };
  for (const status of [ENVIRONMENT_STATUS.ready, ENVIRONMENT_STATUS.updating, ENVIRONMENT_STATUS.failed]) {
    expect(await shownAt(SLUG, { environment: { status, current } })).toMatchObject({
      kind: 'page',
      state: 'elsewhere',
      reason: null,
      link: { text: 'Open staging.example.com', url: ELSEWHERE },
    });
  }
});

const REOPEN = 'Reopening the pull request starts a new one.';
const PUSH = 'Push a commit, or close and reopen the pull request, to get it back.';
const ends: [string, Partial<Environment>, string, string | null][] = [
  [
    'closed',
    { ...decided('destroy', 'closed', 'x'), ...closedPull(false) },
    `Its pull request was closed. ${REOPEN}`,
    null,
  ],
  [
    'merged',
    { ...decided('destroy', 'merged', 'x'), ...closedPull(true) },
    'Its pull request was merged.',
    null,
  ],
  ['expired', decided('destroy', 'expired', 'x'), `It expired. ${PUSH}`, null],
  [
    'expired, and closed since',
    { ...decided('destroy', 'expired', 'x'), ...closedPull(false) },
    `It expired. ${REOPEN}`,
    null,
  ],
  [
    'expired, and merged since',
    { ...decided('destroy', 'expired', 'x'), ...closedPull(true) },
    'It expired.',
    null,
  ],
  [
    'removed manually',
    decided('destroy', 'asked', 'Removed by the operator (operator-token-3). Push a commit.'),
    `It was removed manually. ${PUSH}`,
    null,
  ],
  [
    'dropped from the settings',
    decided('destroy', 'project-removed', 'x'),
    'The settings of the repository no longer name its project.',
    null,
  ],
  [
    'cut off',
    decided('destroy', 'repository-removed', 'The App was uninstalled.'),
    'This server no longer serves its repository.',
    'The App was uninstalled.',
  ],
  ['refused since', decided('destroy', 'draft', DRAFT), 'Its pull request no longer gets a preview.', DRAFT],
  [
    'closed before anything was built',
    { ...decided('deploy', 'opened', 'x'), ...closedPull(false), deployedAt: null },
    `Its pull request was closed. ${REOPEN}`,
    null,
  ],
  [
    'skipped and closed',
    { ...decided('skip', 'draft', DRAFT), ...closedPull(false) },
    'Its pull request was closed.',
    null,
  ],
];
test.each(ends)(
  'a preview that was %s says so, and promises nothing more',
  async (_, over, message, reason) => {
    for (const status of [ENVIRONMENT_STATUS.destroying, ENVIRONMENT_STATUS.destroyed]) {
      for (const label of [SLUG, COMMIT]) {
        const shown = await shownAt(label, { environment: { status, ...over }, deployments: [first] });
        expect(shown).toMatchObject({ kind: 'page', state: status, message, reason });
      }
    }
  },
);
