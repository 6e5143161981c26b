import { z } from 'zod';

export const EVENTS_PATH = '/events';

/** About what an API of a small program answers. */
export const SMALL_ANSWER = JSON.stringify({
  items: Array.from({ length: 20 }, (_, id) => ({ id, name: `item ${String(id)}` })),
});

/** What the load does at one server. */
export const Visit = z.object({ port: z.int(), host: z.string() });
export type Visit = z.infer<typeof Visit>;

export const Echo = Visit.extend({
  connections: z.int(),
  /** How long each connection waits between two messages. */
  pauseMs: z.number(),
  /** Echoes of each connection. */
  messages: z.int(),
});
export type Echo = z.infer<typeof Echo>;

export const Readers = Visit.extend({ readers: z.int() });
export type Readers = z.infer<typeof Readers>;

/** Milliseconds, one for each echo or event. */
export const Times = z.array(z.number()).min(1);
