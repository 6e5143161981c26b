import { expect, test } from '@jest/globals';
import { nextTry } from '../../../../app/webhooks/inbox/next-try.js';
import { GitHubFailure } from '../../../../src/repositories/github.js';
import { VitrineError } from '../../../../src/shared/errors.js';

const DAY_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
const receivedAt = new Date('2026-11-20T12:00:00Z');

const away = new GitHubFailure('ambiguous', 'GitHub is away');
const limit = new GitHubFailure('retry', 'slow down', { retryInMs: HOUR_MS });
const ours = new Error('boom');

interface Given {
  readonly attempts?: number;
  readonly failures?: number;
  readonly crashes?: number;
  readonly ageMs?: number;
}

/** Chance is at its highest, so that a pause is as long as it may be. */
const after = (error: unknown, { attempts = 1, failures = 0, crashes = 0, ageMs = 0 }: Given = {}) =>
  nextTry({
    delivery: { attempts, failures, crashes, receivedAt },
    error,
    now: new Date(receivedAt.getTime() + ageMs),
    random: () => 1,
  });

test.each([
  ['GitHub did not answer', away],
  ['GitHub asks to wait', limit],
  ['GitHub does not let the App in', new GitHubFailure('unauthorized', 'no')],
  ['the database is away', new VitrineError('unavailable', 'The database does not answer.')],
  ['both are', new AggregateError([away, new AggregateError([limit])])],
])('when %s, a delivery is tried again for three days, and that does not count', (_what, error) => {
  const given = { attempts: 900, failures: 7 };
  expect(after(error, { ...given, ageMs: 3 * DAY_MS - 1 })).toMatchObject({ park: false, failures: 7 });
  expect(after(error, { ...given, ageMs: 3 * DAY_MS })).toMatchObject({ park: true, failures: 7 });
});

test.each([
  ['a fault of ours', ours],
  ['what GitHub refuses for good', new GitHubFailure('poison', 'never')],
  ['a fault of ours beside an outage', new AggregateError([away, ours])],
  ['something that is no error', 'a string'],
])('%s is tried eight times, whatever the outages before', (_what, error) => {
  expect(after(error, { attempts: 900, failures: 6 })).toMatchObject({ park: false, failures: 7 });
  expect(after(error, { attempts: 900, failures: 7 })).toMatchObject({ park: true, failures: 8 });
  expect(after(error, { ageMs: 30 * DAY_MS })).toMatchObject({ park: false, failures: 1 });
});

test('the pause is what GitHub asks for, else it grows', () => {
  expect(after(limit).inMs).toBe(HOUR_MS);
  expect(after(new AggregateError([away, limit])).inMs).toBe(HOUR_MS);
  expect([1, 2, 3].map((attempts) => after(away, { attempts }).inMs)).toEqual([2_000, 4_000, 8_000]);
});

test.each([
  ['GitHub does not answer', away, 45_000],
  ['the database is away', new VitrineError('unavailable', 'The database does not answer.'), 45_000],
  ['GitHub does not let the App in', new GitHubFailure('unauthorized', 'no'), 300_000],
  ['a handler fails', ours, 300_000],
  ['a handler fails beside an outage', new AggregateError([away, ours]), 300_000],
])('while %s, a pause is never longer than it may be', (_what, error, longest) => {
  expect(after(error, { attempts: 50 }).inMs).toBe(longest);
});

test('every reason is told', () => {
  expect(after(new AggregateError([away, ours], 'all')).error).toBe('GitHub is away; boom');
  expect(after(new AggregateError([], 'none')).error).toBe('none');
});
