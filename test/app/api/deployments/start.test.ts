import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RunContext } from '../../../../demo/github/story/run-context.js';
import { DEPLOYMENT_STATUS } from '../../../../src/shared/status/words.js';
import { lookAt } from '../../../support/look-at.js';
import { REPOSITORY, startWorld, type World } from '../../../support/start-world.js';

const PLENTY = { times: 10_000, perMs: 60_000 };
/** Those of the loops in the background are among them. */
const READS = /^(get|by|of|list|find|claim|count|all|silent|unsettled|names|next|with)/;

let world: World;
let calls: { readonly name: string; readonly args: readonly unknown[] }[] = [];
let opened = 0;

/** Every call that may write, by the name of its store. */
function recording<Part extends object>(store: string, part: Part): Part {
  // The sealed collections are a list, which a change of keys walks through in the background.
  if (Array.isArray(part)) return part;
  return new Proxy(part, {
    get(target, key, receiver) {
      const value: unknown = Reflect.get(target, key, receiver);
      if (typeof value !== 'function' || READS.test(String(key))) return value;
      return (...args: unknown[]): unknown => {
        calls.push({ name: `${store}.${String(key)}`, args });
        return (value as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

beforeAll(async () => {
  world = await startWorld({
    overrides: {
      rates: { exchange: PLENTY, starts: PLENTY },
      around: {
        stores: (stores) =>
          Object.fromEntries(
            Object.entries(stores).map(([name, store]) => [name, recording(name, store as object)]),
          ) as unknown as typeof stores,
      },
    },
  });
});
beforeEach(() => {
  calls = [];
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const written = () => calls.map(({ name }) => name).filter((name) => name !== 'jobRuns.note');

async function open(options: object = {}) {
  opened += 1;
  const wish = { repository: REPOSITORY, head: `change-${opened}`, ...options };
  const { number, head } = (await world.github.openPullRequest(wish)).pullRequest;
  await world.drain();
  const run = await world.github.startRun({ repository: REPOSITORY, number });
  await world.drain();
  calls = [];
  return { number, sha: head.sha, branch: wish.head, run };
}

const tokenOf = (run: RunContext, claims: object = {}) =>
  world.github.signToken(run, { claims: { aud: world.app.url, ...claims } });

interface Asked {
  readonly token: string;
  readonly number: number;
  readonly sha: string;
  readonly run: RunContext;
  readonly body?: object;
}

async function ask({ token, number, sha, run, body = {} }: Asked) {
  const response = await fetch(`${world.app.url}/api/v1/deployments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      sha,
      pullRequest: number,
      run: { id: String(run.id), attempt: run.attempt, job: 'preview' },
      ...body,
    }),
  });
  const answer = (await response.json()) as { error?: { code: string; message: string }; proceed?: boolean };
  return { status: response.status, code: answer.error?.code, said: answer.error?.message, answer };
}

/** Asked three times with one token: the answer is the same. */
async function askAgain(asked: Asked) {
  const first = await ask(asked);
  for (const again of [await ask(asked), await ask(asked)]) {
    expect([again.status, again.said]).toEqual([first.status, first.said]);
  }
  return first;
}

test.each([
  ['of another repository', { repository_id: '424242' }, {}],
  ['of a repository of that name, of another owner', { repository_owner_id: '424242' }, {}],
  ['of another pull request', {}, { pullRequest: 4_242 }],
  ['of another run', {}, { run: { id: '4242', attempt: 1, job: 'preview' } }],
  ['of another attempt', {}, { run: 'next' }],
])('an identity %s is forbidden however often it asks, and writes nothing', async (_whose, claims, body) => {
  const { run, ...pull } = await open();
  const next = { id: String(run.id), attempt: 2, job: 'preview' };
  const given = 'run' in body && body.run === 'next' ? { run: next } : body;
  const refused = await askAgain({ ...pull, run, token: tokenOf(run, claims), body: given });
  expect([refused.status, refused.code]).toEqual([403, 'forbidden']);
  expect(written()).toEqual([]);
  expect((await lookAt(world, pull.number)).deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.queued,
  ]);
});

const SESSION = ['tokens.useOnce', 'tokens.issue'];

test('a commit that is not the newest is stale however often it asks, and its identity stays unused', async () => {
  const { branch, ...pull } = await open();
  await world.github.push({ repository: REPOSITORY, branch });
  await world.drain();
  calls = [];
  const refused = await askAgain({ ...pull, token: tokenOf(pull.run) });
  expect([refused.status, refused.code]).toEqual([409, 'stale_head']);
  expect(written()).not.toEqual(expect.arrayContaining([expect.stringMatching(SESSION.join('|'))]));
});

test('a closed pull request is gone however often it is asked for', async () => {
  const pull = await open();
  world.github.closePullRequest({ repository: REPOSITORY, number: pull.number });
  await world.drain();
  const refused = await askAgain({ ...pull, token: tokenOf(pull.run) });
  expect([refused.status, refused.code]).toEqual([410, 'environment_gone']);
});

test('a second job of one commit hears of the first one however often it asks', async () => {
  const { number, sha, run } = await open();
  const first = await ask({ number, sha, run, token: tokenOf(run) });
  expect(first.status).toBe(200);
  const other = { id: String(run.id), attempt: run.attempt, job: 'another' };
  const refused = await askAgain({ number, sha, run, token: tokenOf(run), body: { run: other } });
  expect([refused.status, refused.code]).toEqual([409, 'conflict']);
});

test('a pull request that has to wait is told so however often it asks', async () => {
  const pull = await open({ draft: true });
  const { answer, status } = await askAgain({ ...pull, token: tokenOf(pull.run) });
  expect([status, answer.proceed]).toEqual([200, false]);
});

test('what is asked for wrongly is told to the one who looks once, not as often as the token is shown', async () => {
  const pull = await open();
  const asked = { ...pull, token: tokenOf(pull.run), body: { project: 'nothing' } };
  const first = await ask(asked);
  expect([first.status, first.code]).toEqual([404, 'not_found']);
  await world.drain();
  const { environment } = await lookAt(world, pull.number);
  expect(environment.error).toBe(first.said);
  const uses = () => written().filter((name) => name === 'deployments.change').length;
  const before = uses();
  expect(await askAgain(asked)).toMatchObject({ status: 404, said: first.said });
  expect(uses()).toBe(before);
});

test('one identity, shown a hundred times at once, is one session', async () => {
  const pull = await open();
  const asked = { ...pull, token: tokenOf(pull.run) };
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(asked)));
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([200, ...Array.from({ length: 99 }, () => 401)]);
  expect(written().filter((name) => name === 'tokens.issue')).toHaveLength(1);
  expect((await lookAt(world, pull.number)).deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.running,
  ]);
  const again = await ask(asked);
  expect([again.status, again.said]).toEqual([401, expect.stringMatching(/used before/)]);
});

test('a used identity is remembered for longer than it could be valid', async () => {
  const pull = await open();
  const exp = Math.floor(Date.now() / 1_000) + 240;
  await ask({ ...pull, token: tokenOf(pull.run, { exp }) });
  const [use, ...more] = calls.filter(({ name }) => name === 'tokens.useOnce');
  expect(more).toEqual([]);
  expect((use?.args[1] as Date).getTime()).toBeGreaterThanOrEqual(exp * 1_000 + 30_000);
});
