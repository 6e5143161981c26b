import { expect, test } from '@jest/globals';
import { holdClaim, readClocks } from '../../../app/workers/reconciler.js';
import type { Claim } from '../../../src/environments/store.js';

const claim = {} as Claim;
const HOUR = 3_600_000;

function hold(answer: () => Promise<boolean>, since = readClocks()) {
  let asked = 0;
  const renew = () => {
    asked += 1;
    return answer();
  };
  const held = holdClaim({ environments: { renew }, leaseMs: HOUR }, { claim, since });
  return { ...held, asked: () => asked };
}

test('a new claim is held, without a question to the store', async () => {
  const { claim: mine, stopRenewing, asked } = hold(async () => false);
  expect(await mine.held()).toBe(true);
  expect(asked()).toBe(0);
  stopRenewing();
});

test.each([
  ['the process slept', { steady: performance.now() - HOUR, wall: Date.now() }],
  ['the machine slept', { steady: performance.now(), wall: Date.now() - HOUR }],
])('when %s the store is asked, and its answer is used for a while', async (_how, since) => {
  const { claim: mine, stopRenewing, asked } = hold(async () => true, since);
  expect(await mine.held()).toBe(true);
  expect(await mine.held()).toBe(true);
  expect(asked()).toBe(1);
  stopRenewing();
});

test('once lost, a claim is not asked for again', async () => {
  const { claim: mine, stopRenewing, asked } = hold(async () => false, { steady: -HOUR, wall: 0 });
  expect(await mine.held()).toBe(false);
  expect(await mine.held()).toBe(false);
  expect(asked()).toBe(1);
  stopRenewing();
});

test('who cannot ask may not go on, and may ask again', async () => {
  let down = true;
  const answer = async () => {
    if (down) throw new Error('the database is away');
    return true;
  };
  const { claim: mine, stopRenewing } = hold(answer, { steady: -HOUR, wall: 0 });
  await expect(mine.held()).rejects.toThrow(/away/);
  down = false;
  expect(await mine.held()).toBe(true);
  stopRenewing();
});
