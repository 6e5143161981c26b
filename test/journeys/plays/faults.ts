import { expect } from '@jest/globals';
import { createPace } from '../../../app/github/client/pacing.js';
import type { Stores } from '../../../app/ports.js';
import { visit } from '../../../demo/visit.js';
import { COMMIT_STATE, CONCLUSION, DEPLOYMENT_STATE } from '../../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { expectConverged } from '../../support/expect-converged.js';
import { FAULT_KINDS, type FaultKind, type FaultProxy, startFaultProxy } from '../../support/fault-proxy.js';
import { quiet } from '../../support/quiet.js';
import { runPreview } from '../../support/run-preview.js';
import { REPOSITORY, startWorld, type World } from '../../support/start-world.js';

/** A call that the server makes for a pull request. */
interface ServerCall {
  readonly name: string;
  /** As the proxy names it. */
  readonly call: string;
  /** The answer to this call is lost once, so that the server has to look for what it made. */
  readonly lost?: string;
  /** No webhook arrives before the run of the workflow: the server asks GitHub. */
  readonly unheard?: true;
}

const NEW_CHECK = 'POST /repos/{repo}/check-runs';
const NEW_COMMENT = 'POST /repos/{repo}/issues/{n}/comments';
const NEW_DEPLOYMENT = 'POST /repos/{repo}/deployments';

/** Every call that opening, pushing, deploying and closing lead to; a test compares this list with what the server sends. */
const CALLS: readonly ServerCall[] = [
  { name: 'a token', call: 'POST /app/installations/{n}/access_tokens' },
  { name: 'the keys of the issuer', call: 'GET /oidc/.well-known/jwks' },
  { name: 'the installation of a repository', call: 'GET /repos/{repo}/installation', unheard: true },
  { name: 'a repository', call: 'GET /repos/{repo}', unheard: true },
  { name: 'a pull request', call: 'GET /repos/{repo}/pulls/{n}', unheard: true },
  { name: 'the settings file', call: 'GET /repos/{repo}/contents/.github/preview.yml' },
  { name: 'a permission', call: 'GET /repos/{repo}/collaborators/{user}/permission' },
  { name: 'a commit message', call: 'GET /repos/{repo}/git/commits/{sha}' },
  { name: 'the changed files', call: 'GET /repos/{repo}/pulls/{n}/files' },
  { name: 'a new check', call: NEW_CHECK },
  { name: 'a changed check', call: 'PATCH /repos/{repo}/check-runs/{n}' },
  { name: 'the search for a check', call: 'GET /repos/{repo}/commits/{sha}/check-runs', lost: NEW_CHECK },
  { name: 'a new comment', call: NEW_COMMENT },
  { name: 'a changed comment', call: 'PATCH /repos/{repo}/issues/comments/{n}' },
  { name: 'the search for a comment', call: 'GET /repos/{repo}/issues/{n}/comments', lost: NEW_COMMENT },
  { name: 'a new deployment', call: NEW_DEPLOYMENT },
  { name: 'a status of a deployment', call: 'POST /repos/{repo}/deployments/{n}/statuses' },
  { name: 'the search for a deployment', call: 'GET /repos/{repo}/deployments', lost: NEW_DEPLOYMENT },
  { name: 'a commit status', call: 'POST /repos/{repo}/statuses/{sha}' },
];

export interface Cell extends ServerCall {
  readonly kind: FaultKind;
}

/** What is an answer and no fault: an App that is not installed is told so at once. */
function isAnswer({ call, kind }: Cell): boolean {
  return call === 'GET /repos/{repo}/installation' && kind === '404';
}

export const FAULT_CELLS: readonly (readonly [string, Cell])[] = CALLS.flatMap((call) =>
  FAULT_KINDS.map((kind) => ({ ...call, kind })),
)
  .filter((cell) => !isAnswer(cell))
  .map((cell) => [`${cell.kind} for ${cell.name}`, cell] as const);

const SETTINGS = 'report:\n  commit-status: true\ntriggers:\n  paths:\n    ignore: ["docs/**"]\n';
const FILES = { 'index.html': '<h1>First</h1>\n', '.github/preview.yml': SETTINGS };
const BRANCH = 'stormy';

/** So many calls fail at each step: more than the tries within one call, and few enough that no pause grows long. */
const HITS = 4;

/** The pauses between two tries pass so much faster. How long they were meant to be is compared, not how long they took. */
const SPEED = 10;

/** The longest pause after which everything must be tried again. */
const MINUTE_MS = 60_000;

/** The call fails at each step of a pull request: afterwards everything is as if it never had, once. */
export async function playFault(cell: Cell): Promise<void> {
  const pauses = watchPauses();
  await using proxy = await startFaultProxy();
  await using world = await startFaultWorld(proxy, pauses.around);
  const arm = () => armFault(proxy, cell);
  await playPullRequest(world, {
    arm,
    calm: () => proxy.stopFailing(),
    unheard: cell.unheard === true,
  });
  expect(proxy.calls.some(({ fault }) => fault === cell.kind)).toBe(true);
  expect(pauses.parked).toEqual([]);
  expect(Math.max(0, ...pauses.all)).toBeLessThanOrEqual(MINUTE_MS);
}

/** The calls of the same story without a fault that the list lacks. */
export async function unlistedCalls(): Promise<readonly string[]> {
  const seen = new Set<string>();
  for (const unheard of [true, false]) {
    await using proxy = await startFaultProxy();
    await using world = await startFaultWorld(proxy, (stores) => stores);
    await playPullRequest(world, { arm: () => undefined, calm: () => undefined, unheard });
    for (const { call } of proxy.calls) seen.add(call);
  }
  return [...seen].filter((call) => !CALLS.some((listed) => listed.call === call));
}

function startFaultWorld(proxy: FaultProxy, stores: (all: Stores) => Stores): Promise<World> {
  return startWorld({
    files: FILES,
    between: proxy,
    github: { issuerBase: proxy.url },
    // GitHub's limits are part of what goes wrong here.
    overrides: { pace: createPace({ now: () => new Date() }), around: { stores } },
  });
}

function armFault(proxy: FaultProxy, { call, kind, lost }: Cell): void {
  proxy.stopFailing();
  if (lost !== undefined) proxy.fail({ kind: 'reset after it was done', call: lost, times: 1 });
  proxy.fail({ kind, call, times: HITS });
}

interface Weather {
  /** Lets the call fail from here on. */
  readonly arm: () => void;
  /** Ends that. */
  readonly calm: () => void;
  readonly unheard: boolean;
}

async function playPullRequest(world: World, weather: Weather): Promise<void> {
  const { github, app } = world;
  const { arm, calm } = weather;
  if (weather.unheard) github.webhooks.hold();
  arm();
  const { number } = (await github.openPullRequest({ repository: REPOSITORY, head: BRANCH })).pullRequest;
  await world.drain();
  arm();
  const files = { 'index.html': '<h1>Second</h1>\n' };
  const { sha } = await github.push({ repository: REPOSITORY, branch: BRANCH, files });
  await world.drain();
  arm();
  const { exitCode, log } = await runPreview(world, { number, inputs: { 'wait-timeout': '90s' } });
  // The log is what says why.
  expect({ exitCode, log: exitCode === 0 ? '' : log }).toEqual({ exitCode: 0, log: '' });
  await github.webhooks.release();
  await world.drain();
  calm();
  await quiet(app.ports);
  await expectLive(world, { number, sha });
  arm();
  github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  calm();
  await quiet(app.ports);
  await expectGone(world, { number, sha });
}

interface Opened {
  readonly number: number;
  readonly sha: string;
}

async function expectLive(world: World, { number, sha }: Opened): Promise<void> {
  const { environment, deployments } = await expectConverged(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.ready);
  expect(deployments[0]).toMatchObject({ sha, status: DEPLOYMENT_STATUS.success });
  expect((await visit(environment.url)).body).toContain('Second');
  expect(await onGitHub(world, { number, sha })).toEqual({
    conclusions: [CONCLUSION.success],
    comments: 1,
    deployments: [DEPLOYMENT_STATE.success],
    status: COMMIT_STATE.success,
  });
}

async function expectGone(world: World, { number, sha }: Opened): Promise<void> {
  const { environment } = await expectConverged(world, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.destroyed, resources: [] });
  expect((await visit(environment.url)).status).toBe(410);
  expect(await onGitHub(world, { number, sha })).toMatchObject({
    conclusions: [expect.any(String)],
    comments: 1,
    deployments: [DEPLOYMENT_STATE.inactive],
  });
  const [comment] = await world.reviewer.comments(number);
  expect(comment?.body).toMatch(/removed|closed/i);
}

/** Everything that GitHub shows of the newest commit; a duplicate would be one more. */
async function onGitHub({ github, reviewer }: World, { number, sha }: Opened) {
  const [repository] = github.state.repositories.values();
  return {
    conclusions: (await reviewer.checks(sha)).map(({ conclusion }) => conclusion),
    comments: (await reviewer.comments(number)).length,
    deployments: (await reviewer.deployments()).map(({ state }) => state),
    status: repository?.commitStatuses.get(sha)?.[0]?.['state'],
  };
}

/** Writes down how long each try in vain was to be waited for, and lets that time pass faster. */
function watchPauses() {
  const all: number[] = [];
  const parked: string[] = [];
  const around = ({ environments, inbox, ...others }: Stores): Stores => ({
    ...others,
    environments: {
      ...environments,
      release: (claim, outcome) => {
        if (outcome.retryInMs === undefined) return environments.release(claim, outcome);
        all.push(outcome.retryInMs);
        return environments.release(claim, { ...outcome, retryInMs: Math.round(outcome.retryInMs / SPEED) });
      },
    },
    inbox: {
      ...inbox,
      retry: (delivery, next) => {
        all.push(next.inMs);
        if (next.park) parked.push(next.error);
        return inbox.retry(delivery, { ...next, inMs: Math.round(next.inMs / SPEED) });
      },
    },
  });
  return { all, parked, around };
}
