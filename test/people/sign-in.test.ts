import { expect, test } from '@jest/globals';
import { pathWithin } from '../../src/people/sign-in.js';
import { DEFAULT_PREFERENCES, emailKey, isAdministrator, type User } from '../../src/people/user.js';

test.each([
  ['/environments?status=ready#first', '/environments?status=ready#first'],
  ['/', '/'],
  [undefined, '/'],
  // Corpus D11, and its kin.
  ['//evil', '/'],
  ['/\\evil', '/'],
  ['https:evil', '/'],
  ['https://evil.example', '/'],
  ['/%09/evil', '/'],
  ['/\t/evil', '/'],
  ['/\n/evil', '/'],
  ['\\\\evil', '/'],
  ['/%2f/evil', '/'],
  ['/%5cevil', '/'],
  ['/.//evil', '/'],
  ['/..//evil', '/'],
  ['javascript:alert(1)', '/'],
  ['@evil', '/'],
  [`/${'a'.repeat(3_000)}`, '/'],
])('after a sign-in that asks to return to %j, the browser goes to %s', (asked, path) => {
  expect(pathWithin(asked)).toBe(path);
});

const user: User = {
  ...{ id: 'u', name: 'Ada', login: 'ada', githubId: 7, googleId: null, openId: null, avatarUrl: null },
  ...{ email: 'Ada@Example.com', emailVerified: true, active: true, preferences: DEFAULT_PREFERENCES },
  ...{ signedInAt: null, createdAt: new Date(0), updatedAt: new Date(0) },
};

test.each<[string, Partial<User>, readonly string[], boolean]>([
  ['named by GitHub login, in any case', { login: 'ADA' }, ['ada'], true],
  ['named by GitHub’s id', { login: 'renamed' }, ['github:7'], true],
  ['named by a proven address', {}, ['ada@example.com'], true],
  ['whose address is not proven', { emailVerified: false }, ['ada@example.com'], false],
  ['whose login is no account on GitHub', { githubId: null }, ['ada'], false],
  ['whom nobody names', {}, ['grace'], false],
  ['where nobody is named, such as the first visitor', {}, [], false],
])('of a person %s', (_who, fields, admins, expected) => {
  expect(isAdministrator({ ...user, ...fields }, admins)).toBe(expected);
});

test('addresses are compared without regard to case', () => {
  expect(emailKey(' Ada@Example.COM ')).toBe('ada@example.com');
});
