import { expect, test } from '@jest/globals';
import { endOf, expiresAt, isExpired, renewedExpiry } from '../../src/environments/expire.js';
import { defaultSettings } from '../../src/settings/settings.js';
import { VitrineError } from '../../src/shared/errors.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { pullRequest } from '../support/builders.js';
import { isDuration, parseDuration } from '../../src/shared/time.js';

test.each([
  ['7d', 604_800_000],
  ['12h', 43_200_000],
  ['90m', 5_400_000],
  ['1m', 60_000],
  ['365d', 31_536_000_000],
  [' 2d ', 172_800_000],
])('%s is %d ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
  expect(isDuration(text)).toBe(true);
});

test.each(['0', '0d', '9999d', '366d', '7', 'd', '-1d', '1.5h', '1e3d', '7w', '7 days', '', '99999999999d'])(
  '%j is no duration',
  (text) => {
    expect(() => parseDuration(text)).toThrow(VitrineError);
    expect(isDuration(text)).toBe(false);
  },
);

test('an environment expires its time after the last activity, not before', () => {
  const end = expiresAt({ ttl: '12h', lastActivity: new Date('2026-01-01T00:00:00Z') });
  expect(end).toEqual(new Date('2026-01-01T12:00:00Z'));
  const ready = { status: ENVIRONMENT_STATUS.ready, expiresAt: end };
  expect(isExpired(ready, new Date('2026-01-01T11:59:59.999Z'))).toBe(false);
  expect(isExpired(ready, end)).toBe(true);
  expect(isExpired({ ...ready, expiresAt: null }, end)).toBe(false);
});

test('while a build is under way nothing expires', () => {
  const end = new Date('2026-01-01T00:00:00Z');
  for (const status of [
    ENVIRONMENT_STATUS.pending,
    ENVIRONMENT_STATUS.provisioning,
    ENVIRONMENT_STATUS.updating,
  ])
    expect(isExpired({ status, expiresAt: end }, end)).toBe(false);
  for (const status of [
    ENVIRONMENT_STATUS.failed,
    ENVIRONMENT_STATUS.sleeping,
    ENVIRONMENT_STATUS.awaitingApproval,
  ])
    expect(isExpired({ status, expiresAt: end }, end)).toBe(true);
});

test('a new attempt moves the date of what has one', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const settings = defaultSettings();
  expect(renewedExpiry({ expiresAt: now, settings }, now)).toEqual(new Date('2026-01-08T00:00:00Z'));
  expect(renewedExpiry({ expiresAt: null, settings }, now)).toBeNull();
  expect(renewedExpiry({ expiresAt: now, settings: null }, now)).toBe(now);
});

test('a pinned preview does not expire while its pull request is open', () => {
  const end = new Date('2026-01-01T00:00:00Z');
  const ready = { status: ENVIRONMENT_STATUS.ready, expiresAt: end };
  const pinned = { by: 'mona', at: end };
  expect(isExpired({ ...ready, pinned, pullRequest: pullRequest() }, end)).toBe(false);
  expect(isExpired({ ...ready, pinned, pullRequest: pullRequest({ state: 'closed' }) }, end)).toBe(true);
  expect(isExpired({ ...ready, pinned: null, pullRequest: pullRequest() }, end)).toBe(true);
  const told = { expiresAt: end, pullRequest: pullRequest() };
  expect(endOf({ ...told, pinned })).toEqual({ expiresAt: null, pinned: true });
  expect(endOf({ ...told, pinned: null })).toEqual({ expiresAt: end, pinned: false });
});
