import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createSignatureCheck } from '../../../../app/webhooks/inbox/receive.js';

// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
const SECRET = "It's a Secret to Everybody";
const BODY = Buffer.from('Hello, World!');
const DIGEST = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
const isSigned = createSignatureCheck([SECRET]);

test("GitHub's published example is accepted", () => {
  expect(isSigned(BODY, `sha256=${DIGEST}`)).toBe(true);
});

test.each([...DIGEST].map((digit, index) => [index, digit]))(
  'a signature with digit %d (%s) changed is refused',
  (index, digit) => {
    const other = digit === '0' ? '1' : '0';
    const changed = DIGEST.slice(0, Number(index)) + other + DIGEST.slice(Number(index) + 1);
    expect(isSigned(BODY, `sha256=${changed}`)).toBe(false);
  },
);

test.each([
  ['no signature', undefined],
  ['an empty one', ''],
  ['one without its prefix', DIGEST],
  ['SHA-1', `sha1=${createHmac('sha1', SECRET).update(BODY).digest('hex')}`],
  ['another prefix', `SHA256=${DIGEST}`],
  ['too short', `sha256=${DIGEST.slice(1)}`],
  ['too long', `sha256=${DIGEST}0`],
  ['upper case', `sha256=${DIGEST.toUpperCase()}`],
  ['two of them', `sha256=${DIGEST}, sha256=${DIGEST}`],
])('%s is refused', (_what, signature) => {
  expect(isSigned(BODY, signature)).toBe(false);
});

test('the bytes count, not what they mean', () => {
  const sent = '{"a": 1}';
  const signature = `sha256=${createHmac('sha256', SECRET).update(sent).digest('hex')}`;
  expect(isSigned(Buffer.from(sent), signature)).toBe(true);
  expect(isSigned(Buffer.from(JSON.stringify(JSON.parse(sent))), signature)).toBe(false);
});

test('letters beyond ASCII are signed as UTF-8', () => {
  const sent = Buffer.from('{"title":"café 🎉"}', 'utf8');
  const signature = `sha256=${createHmac('sha256', SECRET).update(sent).digest('hex')}`;
  expect(isSigned(sent, signature)).toBe(true);
  expect(isSigned(Buffer.from('{"title":"café 🎉"}', 'latin1'), signature)).toBe(false);
});

test('while one secret replaces the other both are accepted, and no third', () => {
  const both = createSignatureCheck(['new secret of the app', SECRET]);
  const by = (secret: string) => `sha256=${createHmac('sha256', secret).update(BODY).digest('hex')}`;
  expect(
    [by('new secret of the app'), by(SECRET), by('development')].map((signature) => both(BODY, signature)),
  ).toEqual([true, true, false]);
});
