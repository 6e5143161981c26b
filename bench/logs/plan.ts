import { z } from 'zod';

/** A log that is written to and read: where, and with whose token. */
const Log = z.object({ path: z.string(), token: z.string() });
export type Log = z.infer<typeof Log>;

/** Batches from several runs at once, each as fast as it is answered. */
export const IngestPlan = z.object({
  port: z.int(),
  logs: z.array(Log),
  seconds: z.number().positive(),
  /** The number of the first batch of each log. */
  firstBatch: z.int(),
});
export type IngestPlan = z.infer<typeof IngestPlan>;

export const Ingested = z.object({
  seconds: z.number(),
  /** How many batches of each log were acknowledged. */
  batches: z.array(z.int()),
});
export type Ingested = z.infer<typeof Ingested>;

/** Readers of one log. */
export const OpenPlan = z.object({
  port: z.int(),
  log: Log,
  /** The token of each. */
  readers: z.array(z.string()),
});
export type OpenPlan = z.infer<typeof OpenPlan>;

/** The log grows at a steady pace, while the readers are there. */
export const WatchPlan = z.object({
  port: z.int(),
  log: Log,
  /** Lines a batch, and batches a second. */
  lines: z.int().positive(),
  batchesPerSecond: z.number().positive(),
  seconds: z.number().positive(),
});
export type WatchPlan = z.infer<typeof WatchPlan>;

export const Watched = z.object({ lines: z.int(), p50: z.number(), p99: z.number() });
export type Watched = z.infer<typeof Watched>;

export const LINES_A_BATCH = 1_000;
