import { expect, test } from '@jest/globals';
import { ERROR_STATUS, errorCode, isVitrineError, VitrineError } from '../../src/shared/errors.js';

test('an error carries its code, its sentence and its cause', () => {
  const cause = new Error('below');
  const error = new VitrineError('stale_head', 'A newer commit is there. Push again.', { cause });
  expect([error.code, error.message, error.cause, error.name]).toEqual([
    'stale_head',
    'A newer commit is there. Push again.',
    cause,
    'VitrineError',
  ]);
});

test('only our own errors are shown to people', () => {
  expect(isVitrineError(new VitrineError('internal', 'x'))).toBe(true);
  expect(isVitrineError(new Error('mongodb://user:pw@host'))).toBe(false);
  expect(isVitrineError(undefined)).toBe(false);
});

test('every code has an HTTP status of a failure', () => {
  for (const status of Object.values(ERROR_STATUS)) expect(status >= 400 && status < 600).toBe(true);
});

test.each([
  [Object.assign(new Error('x'), { code: 'ENOENT' }), 'ENOENT'],
  [Object.assign(new Error('x'), { code: 11000 }), null],
  [new Error('x'), null],
  [null, null],
])('the code of a system error is read from %p', (error, code) => {
  expect(errorCode(error)).toBe(code);
});
