import { z } from 'zod';

const Event = z.object({
  action: z.string(),
  pull_request: z.object({
    number: z.int(),
    title: z.string(),
    state: z.string(),
    updated_at: z.string(),
    head: z.object({ ref: z.string(), sha: z.string() }),
    base: z.object({ ref: z.string(), sha: z.string() }),
  }),
  repository: z.object({ id: z.int(), full_name: z.string() }),
  installation: z.object({ id: z.int() }),
  sender: z.object({ id: z.int(), login: z.string() }),
});

/** The dozen fields that a peer keeps of a delivery: ours does not keep all 24 kB either. */
export function whatIsKept(payload: unknown) {
  const { pull_request: pull, ...event } = Event.parse(payload);
  return { event: 'pull_request', receivedAt: new Date(), ...event, pull };
}
