import type { Story } from '../../../src/deployments/situation.js';
import type { Environment } from '../../../src/environments/model.js';
import type { Decision, Rule } from '../../../src/pull-requests/decide/decision.js';

const DECIDED: readonly Story[] = ['held', 'declined', 'leaving', 'over', 'unseen'];
/** They tell of a preview that is taken down. */
const CLOSED: readonly Rule[] = ['closed', 'merged'];

/** The decision that tells why there is no preview, or no longer; null where there is one. */
export function reasonOf(story: Story, { decision }: Pick<Environment, 'decision'>): Decision | null {
  if (story === 'unseen' && decision && CLOSED.includes(decision.rule)) return null;
  return DECIDED.includes(story) && decision?.action !== 'deploy' ? decision : null;
}
