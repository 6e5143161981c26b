import { expect, test } from '@jest/globals';
import {
  healthOf,
  isHealthyStatus,
  readHealthStatus,
  readHealthTimeout,
  statusWords,
  timeoutOf,
} from '../../src/shared/health.js';
import { healthRules } from '../../src/shared/health-schemas.js';

test.each([
  ['200', '200'],
  ['200, 401', '200,401'],
  ['200-299,401', '200-299,401'],
  ['399-399', '399-399'],
  ['500', null],
  ['200-599', null],
  ['299-200', null],
  ['2xx', null],
  ['200,', null],
  ['', null],
  [Array.from({ length: 11 }, (_, n) => String(200 + n)).join(','), null],
])('the statuses %j are read as %j', (text, expected) => {
  expect(readHealthStatus(text)).toBe(expected);
});

test.each([
  ['1s', 1_000],
  ['60s', 60_000],
  ['0s', null],
  ['61s', null],
  ['5', null],
  ['1m', null],
])('the time %j is read as %j', (text, expected) => {
  expect(readHealthTimeout(text)).toBe(expected);
});

test('an answer is good by the statuses that were asked for, and from 200 to 399 without any', () => {
  const good = (check: { healthStatus?: string }) =>
    [199, 200, 204, 301, 399, 400, 401, 404, 500].filter((status) => isHealthyStatus(check, status));
  expect(good({})).toEqual([200, 204, 301, 399]);
  expect(good({ healthStatus: '200-299,401' })).toEqual([200, 204, 401]);
  expect(good({ healthStatus: 'broken' })).toEqual([]);
  expect([statusWords({}), statusWords({ healthStatus: '200-299,401' })]).toEqual([
    '2xx or 3xx',
    '200-299 or 401',
  ]);
});

test('what is as usual is not stored or sent', () => {
  const usual = { healthPath: '/', healthTimeoutMs: 10_000, healthStatus: '200-399' };
  expect(healthOf(usual)).toEqual({ healthPath: '/' });
  const own = { healthPath: '/up', healthTimeoutMs: 5_000, healthStatus: '204' };
  expect(healthOf({ ...own, ...{ slug: 'pr-1' } })).toEqual(own);
  expect([timeoutOf(own), timeoutOf({})]).toEqual([5_000, 10_000]);
  const [timeout, status] = Object.values(healthRules());
  expect([timeout?.safeParse(5_000).success, timeout?.safeParse(1).success]).toEqual([true, false]);
  expect([status?.safeParse('204').success, status?.safeParse('500').success]).toEqual([true, false]);
});
