import { expect, test } from '@jest/globals';
import { approvalOf, trustOf, type RepositoryPermission } from '../../src/pull-requests/trust.js';
import { HEAD_SHA, NEXT_SHA } from '../support/builders.js';

const same = { isFork: false, approvedSha: null, headSha: HEAD_SHA } as const;

test.each([
  ['admin', 'trusted'],
  ['maintain', 'trusted'],
  ['write', 'trusted'],
  ['triage', 'approval'],
  ['read', 'approval'],
  ['none', 'approval'],
  [undefined, 'denied'],
] as const)('permission %s in the same repository is %s', (permission, level) => {
  expect(trustOf({ ...same, permission }).level).toBe(level);
});

test.each<RepositoryPermission | undefined>(['admin', 'write', 'read', undefined])(
  'code from a fork waits for approval, even with permission %s',
  (permission) => {
    expect(trustOf({ ...same, isFork: true, permission }).level).toBe('approval');
  },
);

test.each([undefined, 'none', 'write', 'admin'] as const)(
  'what a bot brings waits for approval, whatever is said of its permission: %s',
  (permission) => {
    expect(trustOf({ ...same, isBot: true, permission }).level).toBe('approval');
  },
);

test('an approval covers exactly one commit', () => {
  const stranger = { ...same, isFork: true, permission: 'read' } as const;
  expect(trustOf({ ...stranger, approvedSha: HEAD_SHA }).level).toBe('trusted');
  expect(trustOf({ ...stranger, approvedSha: HEAD_SHA, headSha: NEXT_SHA }).level).toBe('approval');
  expect(trustOf({ ...stranger, approvedSha: '', headSha: HEAD_SHA }).level).toBe('approval');
});

test('every level says why', () => {
  const reasons = ([undefined, 'read', 'write'] as const).map(
    (permission) => trustOf({ ...same, permission }).reason,
  );
  expect(new Set(reasons).size).toBe(3);
});

const approval = {
  action: 'labeled',
  label: 'preview:approved',
  senderPermission: 'write',
  headSha: HEAD_SHA,
} as const;
test.each([
  [{}, HEAD_SHA],
  [{ label: 'Preview:Approved' }, HEAD_SHA],
  [{ senderPermission: 'triage' as const }, null],
  [{ senderPermission: undefined }, null],
  [{ action: 'synchronize' }, null],
  [{ action: 'unlabeled' }, null],
  [{ label: 'preview' }, null],
  [{ label: undefined }, null],
])('labelling with %j approves %s', (change, expected) => {
  expect(approvalOf({ ...approval, ...change })).toBe(expected);
});
