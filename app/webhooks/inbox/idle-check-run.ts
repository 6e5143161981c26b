import { z } from 'zod';
import type { DeliveryDecision } from '../../../src/deliveries/store.js';
import { checkNews } from '../../../src/runs/check-run.js';

const Payload = z.object({
  action: z.string(),
  check_run: z.object({ external_id: z.string().nullish() }),
});

/** The handler would find the same, but only after four more commands to the database. Null for one that has something to tell. */
export function idleCheckRun(payload: unknown): DeliveryDecision | null {
  const check = Payload.safeParse(payload);
  if (!check.success) return null;
  const news = checkNews(check.data.action, check.data.check_run.external_id);
  if (news.kind !== 'nothing') return null;
  return { action: 'ignore', rule: 'not-ours', detail: news.why, environmentIds: [] };
}
