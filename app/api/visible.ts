import type { Visible, RightsPorts } from '../../src/people/rights.js';
import type { Caller } from './access.js';

/**
 * What the caller of a list may see. Operators and administrators see all; a token that is bound to projects sees those of them which
 * its person may see.
 */
export async function visibleTo({ rights }: RightsPorts, caller: Caller): Promise<'all' | Visible> {
  if (caller.kind === 'operator') return 'all';
  if (caller.kind !== 'user') return { repoIds: [], projectIds: [] };
  const { userId, administrator, projectIds: bounds } = caller;
  if (administrator && bounds === null) return 'all';
  if (administrator) return { repoIds: [], projectIds: bounds ?? [] };
  const visible = await rights.visibleTo(userId);
  if (bounds === null) return visible;
  return { repoIds: [], projectIds: visible.projectIds.filter((id) => bounds.includes(id)) };
}
