import { expect, test } from '@jest/globals';
import { hashToken } from '../../src/people/api-token.js';
import {
  deviceOf,
  endOfSession,
  isProof,
  isSecret,
  newSession,
  maskedProof,
  requestProof,
  type SessionUse,
  type StoredSession,
  useSession,
} from '../../src/people/session.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BEGIN = new Date('2026-01-01T00:00:00Z');
const at = (ms: number) => new Date(BEGIN.getTime() + ms);
const who = { userId: 'u', way: 'github', device: 'Firefox on Linux', address: '127.0.0.1' };
const begun = () => newSession({ id: 's', ...who, now: BEGIN });
const after = (session: StoredSession, use: SessionUse | null) => ({ ...session, ...use?.patch });

test('a session has 256 bits, of which only the hash is kept, and lasts seven days', () => {
  const { session, secret } = begun();
  expect(isSecret(secret)).toBe(true);
  expect(JSON.stringify(session)).not.toContain(secret);
  expect(session.hashes).toEqual([hashToken(secret)]);
  expect(session.expiresAt).toEqual(at(7 * 24 * HOUR));
});

test('a session ends after eight hours without a use, and after seven days in any case', () => {
  const { session, secret } = begun();
  expect(useSession(session, secret, at(8 * HOUR - 1))).not.toBeNull();
  expect(useSession(session, secret, at(8 * HOUR))).toBeNull();
  const used = { ...session, lastUsedAt: at(167 * HOUR), rotatedAt: at(167 * HOUR) };
  expect(useSession(used, secret, at(168 * HOUR - 1))).not.toBeNull();
  expect(useSession(used, secret, at(168 * HOUR))).toBeNull();
  expect(endOfSession(used)).toEqual(at(168 * HOUR));
});

test('the last use is noted at most once a minute', () => {
  const { session, secret } = begun();
  expect(useSession(session, secret, at(MINUTE - 1))).toEqual({ patch: null, secret: null });
  expect(useSession(session, secret, at(MINUTE))).toEqual({
    patch: { lastUsedAt: at(MINUTE) },
    secret: null,
  });
});

test('after an hour the cookie is replaced, and the old one counts until the new one was shown', () => {
  const { session, secret } = begun();
  const first = useSession({ ...session, lastUsedAt: at(HOUR - 1) }, secret, at(HOUR));
  const fresh = first?.secret ?? '';
  expect(isSecret(fresh) && fresh !== secret).toBe(true);
  const rotated = after(session, first);
  // A request beside it still has the old cookie and does not replace it again.
  expect(useSession(rotated, secret, at(HOUR + 1))).toEqual({ patch: null, secret: null });
  const confirmed = after(rotated, useSession(rotated, fresh, at(HOUR + 2)));
  expect(confirmed.confirmedAt).toEqual(at(HOUR + 2));
  expect(useSession(confirmed, secret, at(HOUR + MINUTE))).not.toBeNull();
  expect(useSession(confirmed, secret, at(HOUR + 2 * MINUTE))).toBeNull();
});

test('an answer with a new cookie that got lost signs nobody out: the old cookie gets another one', () => {
  const { session, secret } = begun();
  const rotated = after(session, useSession({ ...session, lastUsedAt: at(HOUR - 1) }, secret, at(HOUR)));
  const again = useSession(rotated, secret, at(HOUR + 2 * MINUTE));
  expect(isSecret(again?.secret ?? undefined)).toBe(true);
  expect(after(rotated, again).hashes[1]).toBe(hashToken(secret));
});

test('each purpose has a proof of its own, which belongs to one session', () => {
  const [one, other] = [begun().session, begun().session];
  expect(isProof(requestProof(one, 'write'), requestProof(one, 'write'))).toBe(true);
  expect(isProof(requestProof(one, 'link'), requestProof(one, 'write'))).toBe(false);
  expect(isProof(requestProof(other, 'write'), requestProof(one, 'write'))).toBe(false);
  expect(isProof(undefined, requestProof(one, 'write'))).toBe(false);
});

test('in pages a proof looks different each time, and proves the same', () => {
  const [one, other] = [begun().session, begun().session];
  const [first, second] = [maskedProof(one, 'write'), maskedProof(one, 'write')];
  expect(first).not.toBe(second);
  expect(first).not.toContain(requestProof(one, 'write'));
  for (const masked of [first, second]) expect(isProof(masked, requestProof(one, 'write'))).toBe(true);
  expect(isProof(first, requestProof(one, 'link'))).toBe(false);
  expect(isProof(maskedProof(other, 'write'), requestProof(one, 'write'))).toBe(false);
  // One letter less, or a changed one.
  expect(isProof(first.slice(1), requestProof(one, 'write'))).toBe(false);
  const changed = `${first.startsWith('A') ? 'B' : 'A'}${first.slice(1)}`;
  expect(isProof(changed, requestProof(one, 'write'))).toBe(false);
});

test.each([
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0',
    'Edge on Windows',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36',
    'Chrome on Android',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_1) AppleWebKit/605.1 Version/17.1 Safari/605.1',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit Version/17.1 Safari/604.1',
    'Safari on iOS',
  ],
  ['curl/8.5.0', 'curl'],
  ['', 'An unknown browser'],
  ['<script>alert(1)</script>', 'An unknown browser'],
])('the browser %s is %s', (userAgent, device) => {
  expect(deviceOf(userAgent)).toBe(device);
});
