import { expect, test } from '@jest/globals';
import {
  type AccessRule,
  type Grant,
  isWorthSending,
  newGrant,
  openGrant,
  renewedGrant,
  sealGrant,
  standingOf,
} from '../../src/access/grant.js';
import { createSeal } from '../../src/secrets/envelope.js';
import { createKey, parseKeys } from '../../src/secrets/keys.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = new Date('2026-11-29T12:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);

const RULE: AccessRule = {
  ...{ mode: 'password', environmentId: 'e1', slug: 'pr-1-hello', projectId: 'p1', repoId: 812 },
  passwordVersion: 'v1',
};
const LABEL = 'pr-1-hello';
const OF_PASSWORD = newGrant({ label: LABEL, rule: RULE, by: 'password', key: 'v1', now: NOW });
const ON_GITHUB: AccessRule = { ...RULE, mode: 'github', passwordVersion: null };
const OF_PERSON = newGrant({ label: LABEL, rule: ON_GITHUB, by: 'github', key: 'u1', now: NOW });

const stands = (grant: Grant, rule: Partial<AccessRule> = {}, now = NOW, label = LABEL) =>
  standingOf(grant, { label, rule: { ...RULE, ...rule }, now });

test('a grant of a password holds for twelve hours without a visit, and is renewed by visits for seven days', () => {
  expect(stands(OF_PASSWORD)).toBe('good');
  expect(stands(OF_PASSWORD, {}, later(HOUR))).toBe('renew');
  expect(stands(OF_PASSWORD, {}, later(12 * HOUR))).toBe('over');
  let grant = OF_PASSWORD;
  let hours = 0;
  while (stands(grant, {}, later(hours * HOUR)) !== 'over') {
    grant = renewedGrant(grant, later(hours * HOUR));
    hours += 6;
  }
  expect(hours).toBe(7 * 24);
});

test('another password, another mode, another host or another preview ends it', () => {
  expect(stands(OF_PASSWORD, { passwordVersion: 'v2' })).toBe('over');
  expect(stands(OF_PASSWORD, { passwordVersion: null })).toBe('over');
  expect(stands(OF_PASSWORD, { mode: 'github' })).toBe('over');
  expect(stands(OF_PASSWORD, { environmentId: 'e2' })).toBe('over');
  expect(stands(OF_PASSWORD, {}, NOW, 'api-pr-1-hello')).toBe('over');
});

test('the rights of a person are asked for again every five minutes', () => {
  expect(stands(OF_PERSON, ON_GITHUB, later(5 * MINUTE - 1))).toBe('good');
  expect(stands(OF_PERSON, ON_GITHUB, later(5 * MINUTE))).toBe('ask');
  const renewed = renewedGrant(OF_PERSON, later(5 * MINUTE));
  expect(stands(renewed, ON_GITHUB, later(9 * MINUTE))).toBe('good');
  expect(isWorthSending(OF_PERSON, later(5 * MINUTE))).toBe(true);
});

test('a grant of a link ends with the link, and the link is always asked for', () => {
  const linkEnds = later(2 * HOUR);
  const grant = newGrant({ label: LABEL, rule: RULE, by: 'share', key: 'l1', now: NOW, linkEnds });
  expect(stands(grant)).toBe('ask');
  expect(stands(grant, {}, linkEnds)).toBe('over');
  expect(renewedGrant(grant, later(HOUR), linkEnds).until).toBe(linkEnds.getTime());
  expect([isWorthSending(grant, later(MINUTE)), isWorthSending(grant, later(HOUR))]).toEqual([false, true]);
});

test('what was not sealed by this server for this host is no grant', () => {
  const seal = createSeal(parseKeys(createKey('k1')));
  const other = createSeal(parseKeys(createKey('k1')));
  const text = sealGrant({ seal }, OF_PASSWORD);
  expect(openGrant({ seal }, text, LABEL)).toEqual(OF_PASSWORD);
  expect(openGrant({ seal }, text, 'pr-2-hello')).toBeNull();
  expect(openGrant({ seal: other }, text, LABEL)).toBeNull();
  expect(openGrant({ seal }, `${text.slice(0, -4)}AAAA`, LABEL)).toBeNull();
  expect(openGrant({ seal }, '', LABEL)).toBeNull();
  // Sealed by this server for something else.
  expect(openGrant({ seal }, seal.seal(JSON.stringify(OF_PASSWORD), 'another'), LABEL)).toBeNull();
});
