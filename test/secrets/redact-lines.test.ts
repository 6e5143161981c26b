import { expect, test } from '@jest/globals';
import { createReportRedactor, REDACTS_NOTHING } from '../../src/secrets/redact-lines.js';

/** Its bytes fill whole groups of base64. */
const SECRET = 'canary-7f3a/9+b"cd';
const FORMS: Readonly<Record<string, string>> = {
  raw: SECRET,
  base64: Buffer.from(SECRET).toString('base64'),
  'URL form': encodeURIComponent(SECRET),
  hex: Buffer.from(SECRET).toString('hex'),
  JSON: JSON.stringify(SECRET).slice(1, -1),
};
const redactor = createReportRedactor([SECRET]);

/** Whether any run of the secret's characters, longer than what a border may show, is left. */
function shows(text: string, form: string): boolean {
  const parts = Array.from({ length: form.length - 3 }, (_, at) => form.slice(at, at + 4));
  return parts.some((part) => text.includes(part));
}

test.each(Object.entries(FORMS))('a secret in its %s form is taken out of a line', (_, form) => {
  expect(redactor.lines(['before', `x ${form} y`, 'after'])).toEqual(['before', 'x *** y', 'after']);
  expect(redactor.deep({ error: `x ${form}`, at: [1, form], none: null, when: new Date(0) })).toEqual({
    error: 'x ***',
    at: [1, '***'],
    none: null,
    when: new Date(0),
  });
});

test.each(Object.entries(FORMS))(
  'a secret in its %s form is found when it is split over lines',
  (_, form) => {
    for (let at = 1; at < form.length; at += 1) {
      const [first = '', second = ''] = redactor.lines([`x ${form.slice(0, at)}`, `${form.slice(at)} y`]);
      expect([first, second]).toEqual(['x ***', '*** y']);
    }
    const letters = redactor.lines([...form]);
    expect(letters.join('')).not.toContain(form.slice(0, 4));
  },
);

test.each(Object.entries(FORMS))(
  'of a secret in its %s form, no part is shown at the border of two batches',
  (_, form) => {
    for (let at = 1; at < form.length; at += 1) {
      const before = redactor.lines(['x', `x ${form.slice(0, at)}`]);
      const after = redactor.lines([`${form.slice(at)} y`, 'y']);
      expect(shows([...before, ...after].join('\n'), form)).toBe(false);
    }
  },
);

test('a long secret is hidden at every border, whichever batch comes first', () => {
  const long = Array.from({ length: 1_000 }, (_, at) => ((at * 7_919) % 36).toString(36)).join('');
  const { lines } = createReportRedactor([long]);
  for (let at = 5; at < long.length; at += 97) {
    const text = [...lines([long.slice(0, at)]), ...lines([long.slice(at)])].join('');
    expect(text.replaceAll('*', '').length).toBeLessThan(4);
  }
});

test('every line of a secret with several lines is hidden', () => {
  const key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----';
  const { lines } = createReportRedactor([key]);
  expect(lines(key.split('\n'))).toEqual(['***', '***', '***', '***']);
});

test('ordinary lines stay as they are, also empty ones and those that begin like a secret', () => {
  const ordinary = ['', 'a can of tea', 'canary birds', '', 'ca'];
  expect(redactor.lines(ordinary)).toEqual(ordinary);
  expect(redactor.lines([])).toEqual([]);
});

test('without secrets that can be hidden, nothing is looked for', () => {
  expect(createReportRedactor([])).toBe(REDACTS_NOTHING);
  expect(createReportRedactor(['', 'abc', 'true'])).toBe(REDACTS_NOTHING);
  expect(REDACTS_NOTHING.lines(['a'])).toEqual(['a']);
  expect(REDACTS_NOTHING.deep({ a: 1 })).toEqual({ a: 1 });
});
