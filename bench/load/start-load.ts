import type { Setting } from '../harness/setting.js';
import { LoadResult, type LoadPlan } from './plan.js';

/** The load generator in a process of its own. Anything but 2xx ends the benchmark: a refusal is quick and proves nothing. */
export async function startLoad({ children }: Setting): Promise<(plan: LoadPlan) => Promise<LoadResult>> {
  const child = await children.start('load/main.js', { core: 'beside' });
  return async (plan) => {
    const result = await child.ask({ question: 'deliver', given: plan, schema: LoadResult });
    if (result.accepted === result.sent) return result;
    throw new Error(
      `${plan.prefix}: ${result.sent - result.accepted} of ${result.sent} webhooks were not accepted.`,
    );
  };
}
