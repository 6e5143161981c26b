import { expect, test } from '@jest/globals';
import { type Cost, createPace, LIMITS } from '../../../../app/github/client/pacing.js';
import { GitHubFailure } from '../../../../src/repositories/github.js';

const clock = { now: () => new Date() };
const CREATE: Cost = { points: 5, creates: 1, lane: 'visible' };
const LATER: Cost = { ...CREATE, lane: 'background' };
const EDIT: Cost = { points: 5, creates: 0, lane: 'visible' };

/** Calls that end when told. */
function openCalls() {
  const open: (() => void)[] = [];
  let most = 0;
  return {
    run: () =>
      new Promise<void>((resolve) => {
        open.push(resolve);
        most = Math.max(most, open.length);
      }),
    endOne: () => open.shift()?.(),
    count: () => open.length,
    most: () => most,
  };
}

const turnOfEvents = () => new Promise((resolve) => setImmediate(resolve));

test('at most 16 calls of an installation are under way, and others are not held up by it', async () => {
  const pace = createPace(clock);
  const calls = openCalls();
  const all = Array.from({ length: 40 }, () => pace(1, { cost: EDIT, run: calls.run }));
  await turnOfEvents();
  expect(calls.count()).toBe(LIMITS.inFlight);
  await pace(2, { cost: EDIT, run: () => Promise.resolve() });
  for (let ended = 0; ended < 40; ended += 1) {
    calls.endOne();
    await turnOfEvents();
  }
  await Promise.all(all);
  expect(calls.most()).toBe(LIMITS.inFlight);
});

test('what a reviewer waits for goes before what came earlier', async () => {
  const pace = createPace(clock);
  const calls = openCalls();
  const order: string[] = [];
  const say = (word: string) => () => Promise.resolve(void order.push(word));
  const busy = Array.from({ length: 16 }, () => pace(1, { cost: EDIT, run: calls.run }));
  const late = pace(1, { cost: { ...EDIT, lane: 'background' }, run: say('deployment') });
  const soon = pace(1, { cost: EDIT, run: say('comment') });
  await turnOfEvents();
  for (let ended = 0; ended < 16; ended += 1) calls.endOne();
  await Promise.all([...busy, late, soon]);
  expect(order).toEqual(['comment', 'deployment']);
});

test('an edit does not wait behind a creation that must', async () => {
  const pace = createPace(clock);
  const order: string[] = [];
  const say = (word: string) => () => Promise.resolve(void order.push(word));
  await Promise.all(Array.from({ length: LIMITS.burst }, () => pace(1, { cost: CREATE, run: say('-') })));
  order.length = 0;
  await Promise.all([
    pace(1, { cost: CREATE, run: say('create') }),
    pace(1, { cost: EDIT, run: say('edit') }),
  ]);
  expect(order).toEqual(['edit', 'create']);
});

test('nobody waits in memory for long: the caller is told when to come again, further back the later', async () => {
  const pace = createPace(clock);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 30 }, () => pace(1, { cost: LATER, run: () => Promise.resolve() })),
  );
  const refused = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as GitHubFailure] : [],
  );
  expect(refused.length).toBeGreaterThan(15);
  for (const failure of refused) {
    expect(failure.kind).toBe('retry');
    expect(failure.retryInMs).toBeGreaterThan(5_000);
  }
});

test('a refusal sends away those who wait, too', async () => {
  const pace = createPace(clock);
  const calls = openCalls();
  const busy = Array.from({ length: 15 }, () => pace(1, { cost: EDIT, run: calls.run }));
  let refuse: (error: unknown) => void = () => undefined;
  const refused = pace(1, { cost: EDIT, run: () => new Promise((_resolve, reject) => (refuse = reject)) });
  const waiting = pace(1, { cost: EDIT, run: () => Promise.resolve() });
  await turnOfEvents();
  refuse(new GitHubFailure('retry', 'slower', { retryInMs: 90_000 }));
  await expect(refused).rejects.toMatchObject({ kind: 'retry', retryInMs: 90_000 });
  await expect(waiting).rejects.toMatchObject({ kind: 'retry' });
  busy.forEach(() => calls.endOne());
  await Promise.all(busy);
});

test('an error gives its place back', async () => {
  const pace = createPace(clock);
  for (let count = 0; count < 20; count += 1) {
    await expect(pace(1, { cost: EDIT, run: () => Promise.reject(new Error('no')) })).rejects.toThrow('no');
  }
  await pace(1, { cost: EDIT, run: () => Promise.resolve() });
});
