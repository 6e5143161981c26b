import type { Role } from '../../../src/people/policies.js';
import type { RightsPorts } from '../../../src/people/rights.js';
import type { Caller } from '../../api/access.js';

interface Place {
  readonly repoId: number;
  readonly projectId: string;
}

/** What the person may do there, so that a page offers only what it would be allowed. The forms check again. */
export async function roleIn(
  { rights }: RightsPorts,
  caller: Caller,
  { repoId, projectId }: Place,
): Promise<Role | null> {
  if (caller.kind === 'operator') return 'admin';
  if (caller.kind !== 'user') return null;
  return caller.administrator ? 'admin' : rights.roleOn(caller.userId, { repoId, projectId });
}

export const mayWrite = (role: Role | null): boolean => role === 'write' || role === 'admin';
