import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatExternalId, parseExternalId } from '../../src/shared/run-ref.js';

const SHA = 'a'.repeat(40);
const id = (change = {}) => ({
  environment: 'pr-7',
  project: 'hello',
  sha: SHA,
  run: { id: '12', attempt: 2, job: 'preview' },
  ...change,
});

test('a check says in one line which project, commit and run it is for', () => {
  expect(formatExternalId(id())).toBe(`vitrine:1:pr-7:hello:${SHA}:12:2:preview`);
  expect(formatExternalId(id({ run: null }))).toBe(`vitrine:1:pr-7:hello:${SHA}:::`);
});

test('whatever the names are, what was written is read', () => {
  const name = fc.string({ minLength: 1, unit: 'binary' });
  fc.assert(
    fc.property(name, name, name, (environment, project, job) => {
      const whole = id({ environment, project, run: { id: '1', attempt: 1, job } });
      expect(parseExternalId(formatExternalId(whole))).toEqual(whole);
    }),
  );
});

test('a name that is not valid Unicode is written all the same', () => {
  expect(formatExternalId(id({ project: 'a\ud800', run: null }))).toBe(`vitrine:1:pr-7:a%EF%BF%BD:${SHA}:::`);
});

test.each([
  ['nothing', null],
  ['no text', undefined],
  ['the mark of another program', `other:1:pr-7:hello:${SHA}:::`],
  ['a later form', `vitrine:2:pr-7:hello:${SHA}:::`],
  ['no environment', `vitrine:1::hello:${SHA}:::`],
  ['no project', `vitrine:1:pr-7::${SHA}:::`],
  ['no commit', 'vitrine:1:pr-7:hello'],
  ['a commit that is none', `vitrine:1:pr-7:hello:${SHA}a:::`],
  ['text that cannot be decoded', `vitrine:1:%E0%A4%A:hello:${SHA}:::`],
])('%s is not ours', (_what, text) => {
  expect(parseExternalId(text)).toBeNull();
});

test.each([
  ['a run id that is no number', `vitrine:1:pr-7:hello:${SHA}:x1:1:job`, null],
  ['a run id of zero', `vitrine:1:pr-7:hello:${SHA}:0:1:job`, null],
  ['an attempt without end', `vitrine:1:pr-7:hello:${SHA}:5:1e999:x`, { id: '5', attempt: 1, job: 'x' }],
  ['an attempt below zero', `vitrine:1:pr-7:hello:${SHA}:5:-3.5:x`, { id: '5', attempt: 1, job: 'x' }],
  ['no attempt and no job', `vitrine:1:pr-7:hello:${SHA}:5`, { id: '5', attempt: 1, job: '' }],
])('%s: the rest is read all the same', (_what, text, run) => {
  expect(parseExternalId(text)).toEqual(id({ run }));
});
