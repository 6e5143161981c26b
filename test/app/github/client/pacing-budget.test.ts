import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  LIMITS,
  RESERVED,
  fullBudget,
  land,
  refill,
  spend,
  waitFor,
  type Budget,
  type Cost,
} from '../../../../app/github/client/pacing.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = 1_700_000_000_000;

interface Sent {
  readonly at: number;
  readonly cost: Cost;
}

const cost = (creates: 0 | 1, lane: Cost['lane'] = 'visible'): Cost => ({
  points: creates === 1 ? 5 : 1,
  creates,
  lane,
});
const CREATE = cost(1);
const EDIT: Cost = { points: 5, creates: 0, lane: 'visible' };

/** Everybody waits exactly as long as told, one after another; answers come at once. */
function simulate(wanted: readonly { readonly pause: number; readonly cost: Cost }[]): Sent[] {
  let now = START;
  let budget = fullBudget(now);
  const sent: Sent[] = [];
  for (const { pause, cost: price } of wanted) {
    now += pause;
    budget = refill(budget, now);
    for (let wait = waitFor(budget, price); wait; wait = waitFor(budget, price)) {
      now += Math.max(1, Math.ceil(wait.waitMs));
      budget = refill(budget, now);
    }
    budget = land(spend(budget, price));
    sent.push({ at: now, cost: price });
  }
  return sent;
}

/** The most that was sent within any window of this length. */
function peak(sent: readonly Sent[], { window, of }: { window: number; of: (cost: Cost) => number }): number {
  let most = 0;
  let sum = 0;
  let first = 0;
  for (const one of sent) {
    sum += of(one.cost);
    for (let old = sent[first]; old && old.at <= one.at - window; old = sent[first]) {
      sum -= of(old.cost);
      first += 1;
    }
    most = Math.max(most, sum);
  }
  return most;
}

const anyCost: fc.Arbitrary<Cost> = fc.constantFrom(CREATE, EDIT, cost(0), cost(1, 'background'));
const anyPause = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 * MINUTE }) },
);

test('whatever is asked in whatever rhythm, no limit of GitHub is reached', () => {
  const wishes = fc.array(fc.record({ pause: anyPause, cost: anyCost }), { maxLength: 1_500, size: 'max' });
  fc.assert(
    fc.property(wishes, (wanted) => {
      const sent = simulate(wanted);
      expect(peak(sent, { window: MINUTE, of: ({ creates }) => creates })).toBeLessThanOrEqual(79);
      expect(peak(sent, { window: HOUR, of: ({ creates }) => creates })).toBeLessThanOrEqual(499);
      expect(peak(sent, { window: MINUTE, of: ({ points }) => points })).toBeLessThanOrEqual(890);
    }),
    { numRuns: 40 },
  );
});

test('a thousand new comments take what the hourly limit imposes, and not much more', () => {
  const sent = simulate(Array.from({ length: 980 }, () => ({ pause: 0, cost: CREATE })));
  const took = (sent.at(-1)?.at ?? 0) - START;
  expect(peak(sent, { window: HOUR, of: ({ creates }) => creates })).toBe(490);
  expect(peak(sent, { window: MINUTE, of: ({ creates }) => creates })).toBeLessThanOrEqual(79);
  expect(took).toBeLessThan(1.2 * HOUR);
});

test('check and comment of ten pull requests go at once', () => {
  const sent = simulate(Array.from({ length: 20 }, () => ({ pause: 0, cost: CREATE })));
  expect(new Set(sent.map(({ at }) => at))).toEqual(new Set([START]));
});

test('deployments leave the burst to what a reviewer waits for', () => {
  const background = Array.from({ length: 30 }, () => ({ pause: 0, cost: cost(1, 'background') }));
  const [first] = simulate(background);
  expect(first?.at).toBe(START);
  let budget = fullBudget(START);
  let sentAtOnce = 0;
  for (; waitFor(budget, cost(1, 'background')) === null; sentAtOnce += 1) {
    budget = land(spend(budget, cost(1, 'background')));
  }
  expect(sentAtOnce).toBe(LIMITS.burst - RESERVED.background);
  expect(waitFor(budget, CREATE)).toBeNull();
});

test.each([
  [
    'answers are awaited',
    (budget: Budget): Budget => ({ ...budget, inFlight: LIMITS.inFlight }),
    'flight',
    0,
  ],
  [
    'GitHub asked to wait',
    (budget: Budget): Budget => ({ ...budget, pausedUntil: START + 700 }),
    'pause',
    700,
  ],
  ['no points are left', (budget: Budget): Budget => ({ ...budget, points: 0 }), 'points', 500],
  [
    'the burst is used up',
    (budget: Budget): Budget => ({ ...budget, creations: 0 }),
    'creations',
    1 / LIMITS.creationsPerMs,
  ],
] as const)('a creation waits while %s', (_what, change, hurdle, waitMs) => {
  const wait = waitFor(change(fullBudget(START)), CREATE);
  expect(wait?.hurdle).toBe(hurdle);
  expect(wait?.waitMs).toBeCloseTo(waitMs, 3);
});

test('an edit goes when creations are used up', () => {
  expect(waitFor({ ...fullBudget(START), creations: 0 }, EDIT)).toBeNull();
});

test('a clock that steps back gives nothing, and nothing is lost for ever', () => {
  let budget = { ...fullBudget(START), creations: 0 };
  budget = refill(budget, START - HOUR);
  expect(budget.creations).toBe(0);
  expect(refill(budget, START - HOUR + MINUTE).creations).toBe(LIMITS.burst);
});
