import { z } from 'zod';

export const Behaviour = z.object({
  /** How long every answer takes. */
  delayMs: z.number().min(0),
  limits: z.enum(['on', 'off']),
});
export type Behaviour = z.infer<typeof Behaviour>;

export const Seen = z.object({
  calls: z.int(),
  refused: z.int(),
  /** When something became visible, on the clock of the machine. */
  visible: z.array(z.object({ kind: z.enum(['check', 'comment']), subject: z.string(), at: z.number() })),
});
export type Seen = z.infer<typeof Seen>;

/** Milliseconds that processes of one machine agree on. */
export function machineTime(): number {
  return performance.timeOrigin + performance.now();
}
