import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { checkPassword, createPasswords } from '../../src/people/password.js';

const EMAIL = 'mona@example.com';
/** What `hash` must begin with: the algorithm and what one attempt costs an attacker. */
const COST = '$argon2id$v=19$m=19456,t=2,p=1$';

test.each([
  ['seven b', /too short/],
  ['x'.repeat(1_025), /too long/],
  // Four bytes each.
  ['😀'.repeat(257), /too long/],
  ['MONA@example.com', /is the e-mail address/],
])('the password %j is refused', (password, message) => {
  expect(() => checkPassword(password, EMAIL)).toThrow(message);
});

test.each(['eight by', '😀😀', 'x'.repeat(1_024), 'correct horse battery staple', '        '])(
  'the password %j is accepted',
  (password) => {
    expect(() => checkPassword(password, EMAIL)).not.toThrow();
  },
);

test('a password matches its own hash only, however its characters were typed', async () => {
  const passwords = createPasswords();
  const hash = await passwords.hash('caf\u00e9 cr\u00e8me');
  expect(hash.startsWith(COST)).toBe(true);
  expect(await passwords.hash('caf\u00e9 cr\u00e8me')).not.toBe(hash);
  expect(await passwords.matches(hash, 'cafe\u0301 cre\u0300me')).toBe(true);
  expect(await passwords.matches(hash, 'cafe creme')).toBe(false);
  expect(await passwords.matches(hash, 'x'.repeat(1_000_000))).toBe(false);
});

test('for a person without a password the same work is done', async () => {
  let works = 0;
  const passwords = createPasswords({ onWork: () => (works += 1) });
  expect(await passwords.matches(null, 'anything at all')).toBe(false);
  expect(works).toBe(1);
});

test('of ten thousand attempts at once only a few wait, and reading a file does not wait for them', async () => {
  let works = 0;
  const passwords = createPasswords({ atOnce: 1, waiting: 20, onWork: () => (works += 1) });
  const attempts = Array.from({ length: 10_000 }, () =>
    passwords.matches(null, 'a password').catch((error: unknown) => error),
  );
  // It runs on the same threads as the hashes.
  await readFile(import.meta.filename);
  expect(works).toBeLessThan(20);
  const ends = await Promise.all(attempts);
  const refused = ends.filter((end) => end !== false);
  expect(works).toBe(10_000 - refused.length);
  expect(works).toBeLessThanOrEqual(21);
  expect(refused[0]).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/Try again/) });
  expect(await passwords.matches(null, 'a later one')).toBe(false);
});
