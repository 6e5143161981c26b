import { expect, test } from '@jest/globals';
import { createSeal, keyIdOf, sealContext } from '../../src/secrets/envelope.js';
import { createKey, parseKeys } from '../../src/secrets/keys.js';
import { VitrineError } from '../../src/shared/errors.js';

const [first, second] = [createKey('k1'), createKey('k2')];
const seal = createSeal(parseKeys(first));
const context = sealContext('project', 'p1', 'TOKEN');

function refusal(act: () => unknown): { code: string; message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof VitrineError) return { code: error.code, message: error.message };
  }
  throw new Error('It was not refused.');
}

const UNREADABLE = refusal(() => seal.open('', context));

test.each(['', 'plain', 'Grüße, 世界 🚪', 'line 1\nline 2\r\n', '\u0000', 'x'.repeat(64 * 1024)])(
  'a sealed text comes back as it was (%#)',
  (text) => {
    const sealed = seal.seal(text, context);
    expect(seal.open(sealed, context)).toBe(text);
    if (text !== '') expect(sealed).not.toContain(text);
  },
);

test('the same text is never sealed to the same ciphertext', () => {
  const all = Array.from({ length: 200 }, () => seal.seal('same', context));
  for (const part of [2, 3, 4])
    expect(new Set(all.map((sealed) => sealed.split('.')[part])).size).toBe(all.length);
});

test.each([
  ['another project', sealContext('project', 'p2', 'TOKEN')],
  ['another name', sealContext('project', 'p1', 'OTHER')],
  ['another layer', sealContext('organization', 'p1', 'TOKEN')],
  ['parts that are the same text when joined', sealContext('project', 'p1:5:TOKEN')],
  ['parts that end elsewhere', sealContext('projec', 'tp1', 'TOKEN')],
  ['no context', ''],
])('a ciphertext that was moved to %s cannot be read', (_, moved) => {
  expect(refusal(() => seal.open(seal.seal('text', context), moved))).toEqual(UNREADABLE);
  const rotated = createSeal(parseKeys(`${second},${first}`));
  expect(refusal(() => rotated.rewrap(seal.seal('text', context), moved))).toEqual(UNREADABLE);
});

test('a change of any part of a ciphertext is noticed, and every refusal is the same', () => {
  const parts = seal.seal('some text', context).split('.');
  for (const [at, part] of parts.entries()) {
    for (const index of [0, Math.floor(part.length / 2), part.length - 2]) {
      const other = part[index] === 'A' ? 'B' : 'A';
      const changed = part.slice(0, index) + other + part.slice(index + 1);
      const sealed = parts.with(at, changed).join('.');
      expect(refusal(() => seal.open(sealed, context))).toEqual(UNREADABLE);
    }
    expect(refusal(() => seal.open(parts.with(at, '').join('.'), context))).toEqual(UNREADABLE);
  }
  expect(UNREADABLE.code).toBe('secret_unreadable');
});

test('parts of two ciphertexts cannot be put together', () => {
  const [a, b] = [seal.seal('one', context).split('.'), seal.seal('two', context).split('.')];
  for (const at of [2, 3, 4]) {
    const mixed = a.with(at, b[at] ?? '').join('.');
    expect(refusal(() => seal.open(mixed, context))).toEqual(UNREADABLE);
  }
});

test('a new first key seals what is new, opens what is old, and takes it over', () => {
  const sealed = seal.seal('text', context);
  const both = createSeal(parseKeys(`${second} ${first}`));
  expect([both.currentKeyId, both.keyIds]).toEqual(['k2', ['k2', 'k1']]);
  expect(both.open(sealed, context)).toBe('text');
  const moved = both.rewrap(sealed, context);
  expect([keyIdOf(sealed), keyIdOf(moved), keyIdOf(both.seal('new', context))]).toEqual(['k1', 'k2', 'k2']);
  // The text itself is not encrypted again.
  expect(moved.split('.').slice(3)).not.toEqual(sealed.split('.').slice(3));
  expect(moved.split('.')[4]).toBe(sealed.split('.')[4]);
  expect(both.rewrap(moved, context)).toBe(moved);
  const without = createSeal(parseKeys(second));
  expect(without.open(moved, context)).toBe('text');
  expect(refusal(() => without.open(sealed, context))).toEqual(UNREADABLE);
  expect(refusal(() => without.rewrap(sealed, context))).toEqual(UNREADABLE);
});

test('another key under the same id opens nothing', () => {
  const other = createSeal(parseKeys(createKey('k1')));
  expect(refusal(() => other.open(seal.seal('text', context), context))).toEqual(UNREADABLE);
});

test('keys may be given in base64 or base64url, separated by commas, spaces or lines', () => {
  expect(
    parseKeys(`${first},\n ${second.replaceAll('+', '-').replaceAll('/', '_').replace('=', '')}`),
  ).toMatchObject({
    current: parseKeys(first).current,
    ids: ['k1', 'k2'],
  });
  expect(parseKeys(`${first} ${second}`).find('k2')).toEqual(parseKeys(second).current);
  expect(parseKeys(first).find('k2')).toBeUndefined();
});

const bytes = first.slice(3);

test.each([
  ['', 'holds no key'],
  [' , ', 'holds no key'],
  [bytes, 'entry 1 is not an id'],
  [`k1:${bytes} k2`, 'entry 2 is not an id'],
  [`k1:${bytes.slice(4)}`, 'entry 1 is not an id'],
  [`k1:${bytes}AA`, 'entry 1 is not an id'],
  [`k 1:${bytes}`, 'entry 1 is not an id'],
  [`a.b:${bytes}`, 'entry 1 is not an id'],
  [`${'k'.repeat(33)}:${bytes}`, 'entry 1 is not an id'],
  [`k1:${bytes} k1:${second.slice(3)}`, 'gives two keys the same id'],
  [`k1:${bytes} k2:${bytes}`, 'gives one key two ids'],
  [`k1:${'A'.repeat(43)}=`, 'entry 1 is not random'],
  [`k1:${Buffer.from('passwordpasswordpasswordpassword').toString('base64')}`, 'entry 1 is not random'],
])('a key list that cannot be used is refused without repeating it (%#)', (text, problem) => {
  const { code, message } = refusal(() => parseKeys(text));
  expect(code).toBe('bad_request');
  expect(message).toContain(`ENCRYPTION_KEYS: ${problem}`);
  expect(message).not.toContain(bytes.slice(5, 20));
});
