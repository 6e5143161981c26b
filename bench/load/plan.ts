import { z } from 'zod';

/** What the load generator is asked for. */
export const LoadPlan = z.object({
  port: z.int(),
  secret: z.string(),
  /** Begins every delivery id, so that the database can be asked for them later. */
  prefix: z.string().max(24),
  /** As X-GitHub-Event says. */
  event: z.string(),
  connections: z.int().positive(),
  /** The first of the repositories that are spoken of: every connection speaks of its own. */
  firstRepository: z.int().positive(),
  seconds: z.number().positive().optional(),
  count: z.int().positive().optional(),
  /** Given: webhooks come at this pace, whether answered or not. */
  perSecond: z.number().positive().optional(),
});
export type LoadPlan = z.infer<typeof LoadPlan>;

export const LoadResult = z.object({
  sent: z.int(),
  /** Answered with 2xx. */
  accepted: z.int(),
  seconds: z.number(),
  p50: z.number(),
  p99: z.number(),
  last: z.number(),
});
export type LoadResult = z.infer<typeof LoadResult>;
