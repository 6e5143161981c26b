import { expect, test } from '@jest/globals';
import { ABILITIES } from '../../src/people/api-token.js';
import {
  type Actor,
  actorsFor,
  can,
  type Permission,
  personNeeds,
  type Resource,
  type UserActor,
  type Verdict,
} from '../../src/people/policies.js';

const OWN = { deploymentId: 'a'.repeat(24) };
const anonymous: Actor = { kind: 'anonymous' };
const identity: Actor = { kind: 'identity' };
const run: Actor = { kind: 'run', deploymentId: OWN.deploymentId, repoId: 1 };
const operator: Actor = { kind: 'operator', name: 'ops' };

test('a caller without a token may read what the server says of itself, and nothing else', () => {
  expect(can(anonymous, 'server.read')).toBe('yes');
  expect(can(anonymous, 'environment.read')).toBe('unauthorized');
});

test('a workflow starts deployments and does nothing to existing ones', () => {
  expect(can(identity, 'deployment.start')).toBe('yes');
  expect(can(identity, 'deployment.report', OWN)).toBe('forbidden');
});

test.each<[string, { deploymentId?: string }, Verdict]>([
  ['its own deployment', OWN, 'yes'],
  ['another deployment', { deploymentId: 'b'.repeat(24) }, 'not_found'],
  ['a request that names no deployment', {}, 'not_found'],
])('a run that reports on %s is answered %#', (_what, resource, verdict) => {
  expect(can(run, 'deployment.report', resource)).toBe(verdict);
});

test('an operator reads every deployment and reports on none', () => {
  expect(can(operator, 'deployment.read', OWN)).toBe('yes');
  expect(can(operator, 'deployment.report', OWN)).toBe('forbidden');
});

const person: UserActor = {
  kind: 'user',
  userId: '1',
  name: 'mona',
  administrator: false,
  abilities: ABILITIES,
  projectIds: null,
  sessionId: 's',
};

test.each<[string, Partial<UserActor>, Permission, Resource, Verdict]>([
  ['may see lists', {}, 'environment.list', {}, 'yes'],
  ['reads with the role to read', {}, 'environment.read', { role: 'read' }, 'yes'],
  ['finds nothing without a role', {}, 'environment.read', { role: null }, 'not_found'],
  ['finds nothing where no role is known', {}, 'environment.read', {}, 'not_found'],
  ['destroys with the role to write', {}, 'environment.destroy', { role: 'write' }, 'yes'],
  ['destroys nothing with the role to read', {}, 'environment.destroy', { role: 'read' }, 'forbidden'],
  ['has every role as an administrator', { administrator: true }, 'environment.destroy', {}, 'yes'],
  ['sees no leaks of the server', {}, 'leak.read', { role: 'admin' }, 'forbidden'],
  ['sees them as an administrator', { administrator: true }, 'leak.read', {}, 'yes'],
  ['never reports as a run does', { administrator: true }, 'deployment.report', OWN, 'forbidden'],
  [
    'destroys nothing with a token that reads',
    { abilities: ['read'] },
    'environment.destroy',
    { role: 'admin' },
    'forbidden',
  ],
  [
    'sees no list with a token that only deploys',
    { abilities: ['deploy'] },
    'environment.list',
    {},
    'forbidden',
  ],
  [
    'finds its project with a bound token',
    { projectIds: ['p'] },
    'environment.read',
    { role: 'read', projectId: 'p' },
    'yes',
  ],
  [
    'finds no other project with it',
    { projectIds: ['p'] },
    'environment.read',
    { role: 'read', projectId: 'q' },
    'not_found',
  ],
  [
    'is bound as an administrator too',
    { projectIds: ['p'], administrator: true },
    'leak.read',
    {},
    'forbidden',
  ],
])('a person %s', (_what, changes, permission, resource, verdict) => {
  expect(can({ ...person, ...changes }, permission, resource)).toBe(verdict);
});

test('what a person needs can be named', () => {
  expect([personNeeds('environment.destroy'), personNeeds('deployment.report')]).toEqual(['write', null]);
});

test('the kinds of actor of a permission can be listed', () => {
  expect(actorsFor('deployment.read')).toEqual(['run', 'operator', 'user']);
});
