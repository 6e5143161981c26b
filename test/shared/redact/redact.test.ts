import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRedactor, MASK } from '../../../src/shared/redact/redact.js';

const SECRET = 'p@ss/word "42" ümläut+x';
const base64 = (text: string) => Buffer.from(text).toString('base64');

test.each([
  ['as it is', SECRET],
  ['in JSON', JSON.stringify(SECRET)],
  ['in JSON that escapes slashes', JSON.stringify(SECRET).replaceAll('/', '\\/')],
  ['in a URL', encodeURIComponent(SECRET)],
  ['in a URL with small letters', encodeURIComponent(SECRET).toLowerCase()],
  ['in a form', encodeURIComponent(SECRET).replaceAll('%20', '+')],
  ['in a whole URL', encodeURI(SECRET)],
  ['in hex', Buffer.from(SECRET).toString('hex')],
  ['in large hex', Buffer.from(SECRET).toString('hex').toUpperCase()],
  ['in base64', base64(SECRET)],
  ['in base64 after one byte', base64(`:${SECRET}`)],
  ['in base64 after two bytes', base64(`u:${SECRET}!`)],
  ['in base64 for URLs', Buffer.from(`u:${SECRET}`).toString('base64url')],
])('a secret %s is hidden', (_, text) => {
  const shown = createRedactor([SECRET]).redact(`before ${text} after`);
  expect(shown).toMatch(/^before .*\*\*\*.* after$/);
  expect(shown.length).toBeLessThan('before  after'.length + 16);
});

const ODD = `it's <b>&(1)*!~/é "x"`;
const percent = (pattern: RegExp) =>
  encodeURIComponent(ODD).replace(pattern, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
const unicode = (text: string, pattern: RegExp) =>
  text.replace(pattern, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);

test.each([
  ['in a form', new URLSearchParams({ p: ODD }).toString().slice(2)],
  ['in a URL as RFC 3986 has it', percent(/[!'()*]/g)],
  ['in a URL as Go has it', percent(/[!'()*]/g).replaceAll('%20', '+')],
  ['in a URL as Python has it', percent(/[!'()*]/g).replaceAll('%2F', '/')],
  ['in JSON as Go has it', unicode(JSON.stringify(ODD), /[<>&]/g)],
  ['in JSON as Python has it', unicode(JSON.stringify(ODD), /[^ -~]/g)],
  ['in JSON as PHP has it', unicode(JSON.stringify(ODD), /[^ -~]/g).replaceAll('/', '\\/')],
])('a secret of odd signs %s is hidden', (_, text) => {
  expect(createRedactor([ODD]).redact(text)).toMatch(/^"?\*\*\*"?$/);
});

const MARKUP = `a&b<c>d"e'f`;

test.each([
  ['as browsers write text', 'a&amp;b&lt;c&gt;d"e\'f'],
  ['as browsers write attributes', "a&amp;b<c>d&quot;e'f"],
  ['as XML writes text', 'a&amp;b&lt;c>d"e\'f'],
  ['as lodash and Ruby write it', 'a&amp;b&lt;c&gt;d&quot;e&#39;f'],
  ['as PHP writes it', 'a&amp;b&lt;c&gt;d&quot;e&#039;f'],
  ['as Python and React write it', 'a&amp;b&lt;c&gt;d&quot;e&#x27;f'],
  ['as XML writes attributes', 'a&amp;b&lt;c&gt;d&quot;e&apos;f'],
  ['as Go writes it', 'a&amp;b&lt;c&gt;d&#34;e&#39;f'],
  [
    'in JSON in a page',
    JSON.stringify(MARKUP).slice(1, -1).replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
  ],
])('a secret of markup %s is hidden in a page', (_, text) => {
  expect(createRedactor([MARKUP]).redact(`<p title="${text}">`)).toBe('<p title="***">');
});

test.each([
  ['Handlebars', 'k&#x3D;&#x60;v/+'],
  ['Mustache', 'k&#x3D;&#x60;v&#x2F;+'],
  ['Go, in an attribute', 'k=`v/&#43;'],
])('a secret is hidden as %s writes it', (_, text) => {
  expect(createRedactor(['k=`v/+']).redact(text)).toBe(MASK);
});

const KEY = `-----BEGIN KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n'.repeat(4)}-----END KEY-----\n`;

test.each([76, 64])('base64 in lines of %d characters is hidden line by line', (width) => {
  const { redact } = createRedactor([KEY]);
  const lines = base64(KEY).match(new RegExp(`.{1,${String(width)}}`, 'g')) ?? [];
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) expect(redact(line)).toMatch(/^\*\*\*[\w+/]{0,2}={0,2}$/);
});

test('a short rest in the last line of base64 is not looked for', () => {
  const secret = 'x'.repeat(50);
  const rest = base64(secret).slice(64);
  expect(createRedactor([secret]).redact(`build ${rest} done`)).toBe(`build ${rest} done`);
});

test('every line of a key is hidden, wherever it stands', () => {
  const pem = '-----BEGIN KEY-----\nMIIEvQIBADANBg\n  kqhkiG9w0BAQEF\n-----END KEY-----\n';
  const { redact } = createRedactor([pem]);
  expect(redact(pem)).toBe(MASK);
  expect(redact('log: kqhkiG9w0BAQEF')).toBe('log: ***');
  expect(redact('x MIIEvQIBADANBg y')).toBe('x *** y');
  expect(redact(JSON.stringify(pem))).toBe('"***"');
});

test('secrets that overlap are both hidden whole', () => {
  expect(createRedactor(['abcdef', 'defghi']).redact('x abcdefghi y')).toBe('x *** y');
  expect(createRedactor(['abcd', 'abcdefgh']).redact('abcdefgh abcdef')).toBe('*** ***ef');
  expect(createRedactor(['abcd']).redact('abcdabcd')).toBe('******');
});

test('text without secrets comes through as it is', () => {
  const { redact } = createRedactor(['s3cr3t-value']);
  expect(redact('s3cr3t and value 🚀\n\t$1 $&')).toBe('s3cr3t and value 🚀\n\t$1 $&');
  expect(createRedactor([]).redact('anything')).toBe('anything');
});

test('what is too short or too common is not hidden', () => {
  const { redact } = createRedactor(['true', 'abc', '', 'Production', 'long-enough']);
  expect(redact('true abc Production long-enough')).toBe('true abc Production ***');
});

test('a stream keeps back only what may be the beginning of a secret', () => {
  const { push, end } = createRedactor(['abcdefgh']);
  expect(push('hello abc')).toBe('hello ');
  expect(push('x')).toBe('abcx');
  expect(push('abcd')).toBe('');
  expect(push('efgh!')).toBe('***!');
  expect(push('abcdefg')).toBe('');
  expect(end()).toBe('abcdefg');
  expect(end()).toBe('');
});

test('a secret that repeats without end is not collected without end', () => {
  const { push, end } = createRedactor(['aaaa']);
  const shown = Array.from({ length: 1_000 }, () => push('a'.repeat(1_000))).join('') + end();
  expect(shown).toBe(MASK);
});

test('a long secret is hidden as one, whole or in pieces', () => {
  const long = Array.from({ length: 90 }, (_, line) => `${String(line)}-abcdefg`).join('');
  const { redact, push, end } = createRedactor([long]);
  expect(redact(`x ${long} y`)).toBe('x *** y');
  const shown = inPieces(`x ${long} y`, [1, 2, 3, 255, 256, 257, 258, 511, 512, 513]).map(push).join('');
  expect(shown + end()).toBe('x *** y');
});

const secrets = fc.array(
  fc.string({ unit: fc.constantFrom('a', 'b', 'A', '0', '"', '%', 'é', '\n'), minLength: 4, maxLength: 12 }),
  {
    minLength: 1,
    maxLength: 4,
  },
);
const FILLER = ['x', ' ', 'a', 'ab', '\n', '🚀', '=', '%', '0a'];

/** A text that holds the secrets in some of their forms, and the places to cut it at. */
const stream = secrets.chain((values) => {
  const forms = values.flatMap((value) => [
    ...[value, JSON.stringify(value), encodeURIComponent(value), Buffer.from(value).toString('hex')],
    new URLSearchParams({ x: value }).toString(),
    ...['', 'x', 'xy'].map((before) => base64(before + value)),
  ]);
  const part = fc.constantFrom(...forms, ...FILLER);
  return fc.record({
    values: fc.constant(values),
    text: fc.array(part, { maxLength: 20 }).map((parts) => parts.join('')),
    cuts: fc.array(fc.nat(300), { maxLength: 20 }),
  });
});

function inPieces(text: string, cuts: readonly number[]): string[] {
  const at = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, index) => text.slice(at[index], end));
}

test('however a stream is cut, it shows the same as the whole text', () => {
  fc.assert(
    fc.property(stream, ({ values, text, cuts }) => {
      const { push, end, redact } = createRedactor(values);
      const shown = inPieces(text, cuts).map(push).join('') + end();
      return shown === redact(text);
    }),
    { numRuns: 2_000 },
  );
});

test('no secret that can be hidden is in what is shown', () => {
  fc.assert(
    fc.property(stream, ({ values, text, cuts }) => {
      const { push, end } = createRedactor(values);
      const shown = inPieces(text, cuts).map(push).join('') + end();
      const hidden = values.filter((value) => value.trim().length >= 4);
      return hidden.every(
        (value) =>
          !shown.includes(value) &&
          !shown.includes(Buffer.from(value).toString('hex')) &&
          !shown.includes(encodeURIComponent(value)),
      );
    }),
    { numRuns: 2_000 },
  );
});

test('the texts of a secret that is a JSON document are hidden one by one', () => {
  const key = {
    type: 'service',
    project: 'p-1',
    private_key: '-----BEGIN-----\nMIIEvQIBADAN\n',
    list: [{ id: 'abcdefgh12' }],
  };
  const { redact } = createRedactor([JSON.stringify(key)]);
  expect(redact('type service of p-1: MIIEvQIBADAN and abcdefgh12')).toBe('type service of p-1: *** and ***');
  expect(redact(Buffer.from('abcdefgh12').toString('hex'))).toBe('***');
  expect(redact(JSON.stringify(key))).toBe('***');
  expect(createRedactor(['{not json}']).redact('a {not json} b')).toBe('a *** b');
});
