import { z } from 'zod';
import { parseExternalId } from '../../src/domain/external-id.js';
import type { DeliveryDecision } from '../../src/ports.js';

const Payload = z.object({
  action: z.string(),
  check_run: z.object({ external_id: z.string().nullish() }),
});

/**
 * The checks of every App come by, each of them several times, and so do those that we write. The handler would find the same, but
 * only after three more commands to the database. Null for one that has something to tell.
 */
export function idleCheckRun(payload: unknown): DeliveryDecision | null {
  const check = Payload.safeParse(payload);
  if (!check.success) return null;
  const external = parseExternalId(check.data.check_run.external_id);
  if (!external) return ignore('The check run is not one of ours.');
  const told = external.run !== null || check.data.action === 'rerequested';
  return told ? null : ignore('The check run was written by this App.');
}

function ignore(detail: string): DeliveryDecision {
  return { action: 'ignore', rule: 'not-ours', detail, environmentIds: [] };
}
