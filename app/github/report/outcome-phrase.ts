import type { Deployment } from '../../../src/deployments/model.js';
import type { Story } from '../../../src/deployments/situation.js';
import { showSpan } from '../../../src/shared/time.js';
import { failedStage } from './stage-rows.js';

/** What follows the label: `in 42 s`, `while building, after 42 s`. Empty for stories without an end. */
export function outcomePhrase(story: Story, deployment: Deployment | null): string {
  const took = showSpan(deployment?.startedAt, deployment?.completedAt);
  if (story === 'live') return took ? `in ${took}` : '';
  if (story !== 'broken') return '';
  const stage = failedStage(deployment);
  const parts = [stage ? `while ${stage.name}` : '', took ? `after ${took}` : ''];
  return parts.filter((part) => part !== '').join(', ');
}
