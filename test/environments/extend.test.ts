import { expect, test } from '@jest/globals';
import { extendedExpiry } from '../../src/environments/extend.js';
import { defaultSettings } from '../../src/settings/settings.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';

const now = new Date('2026-03-01T12:00:00Z');
const inDays = (days: number) => new Date(now.getTime() + days * 24 * 60 * 60_000);

/** A live preview that ends in so many days; the policy says seven. */
const ending = (days: number | null) => ({
  status: ENVIRONMENT_STATUS.ready,
  expiresAt: days === null ? null : inDays(days),
  settings: defaultSettings(),
  decision: null,
  pullRequest: null,
});

test.each([
  ['counts from its end', 1, '2d', 3],
  ['counts from now when the end has passed and the preview is still there', -1, '12h', 0.5],
  ['goes no further than the policy allows from now', 6, '5d', 7],
  ['of a year is as long as the policy allows', 3, '365d', 7],
])('an extension %s', (_how, days, by, expected) => {
  expect(extendedExpiry(ending(days), { by, now })).toEqual(inDays(expected));
});

test('a preview that lives as long as the policy allows cannot be extended, and the refusal says until when', () => {
  expect(() => extendedExpiry(ending(7), { by: '1d', now })).toThrow(
    expect.objectContaining({
      code: 'unprocessable',
      message: expect.stringMatching(/2026-03-08 12:00 UTC.*limits\.ttl: 7d/),
    }),
  );
});

test('without anything live there is nothing to extend, and what is removed stays removed', () => {
  const extend = (environment: Parameters<typeof extendedExpiry>[0]) => () =>
    extendedExpiry(environment, { by: '1d', now });
  expect(extend(ending(null))).toThrow(expect.objectContaining({ code: 'conflict' }));
  const gone = { ...ending(1), status: ENVIRONMENT_STATUS.destroying };
  expect(extend(gone)).toThrow(expect.objectContaining({ code: 'environment_gone' }));
});
