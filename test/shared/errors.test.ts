import { expect, test } from '@jest/globals';
import {
  ERROR_STATUS,
  errorCode,
  isFinal,
  isVitrineError,
  messageOf,
  VitrineError,
} from '../../src/shared/errors.js';

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

test.each(['too_many_requests', 'internal', 'bad_gateway', 'unavailable', 'disk_full'] as const)(
  'after "%s" the same request may be tried again',
  (code) => {
    expect(isFinal(new VitrineError(code, 'x'))).toBe(false);
  },
);

test.each(['bad_request', 'not_found', 'conflict', 'stale_head', 'environment_gone'] as const)(
  '"%s" is final',
  (code) => {
    expect(isFinal(new VitrineError(code, 'x'))).toBe(true);
  },
);

test('an error that is not ours is worth another try', () => {
  expect(isFinal(new Error('socket hang up'))).toBe(false);
});

test.each([
  [new Error('below'), 'below'],
  [new VitrineError('internal', 'ours'), 'ours'],
  ['only a text', 'only a text'],
  [undefined, 'undefined'],
])('the message of %p is %p', (error, message) => {
  expect(messageOf(error)).toBe(message);
});
