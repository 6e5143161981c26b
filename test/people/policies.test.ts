import { expect, test } from '@jest/globals';
import { type Actor, actorsFor, can, type Verdict } from '../../src/people/policies.js';

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

test('the kinds of actor of a permission can be listed', () => {
  expect(actorsFor('deployment.read')).toEqual(['run', 'operator']);
});
