import { z } from 'zod';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { API, listOf } from './shapes.js';

export const LeakView = /* @__PURE__ */ lazily(() =>
  z.object({
    target: z.string(),
    /** `unnamed`: no environment names it. `abandoned`: no workflow run removed it in time, and its environment ended without it. */
    kind: z.enum(['unnamed', 'abandoned']),
    /** The namespace of the environment that it was made for. */
    namespace: z.string().nullable(),
    generation: z.int().nullable(),
    url: z.string().nullable(),
    since: z.string().nullable(),
    /** The target's own JSON for finding it. */
    handle: z.unknown(),
  }),
);
export type LeakView = ValueOf<typeof LeakView>;

export const listLeaks = {
  method: 'GET',
  path: `${API}/leaks`,
  permission: 'leak.read',
  summary: 'Lists what targets hold and no living preview needs',
  answers: { 200: () => listOf(LeakView) },
} as const satisfies Operation;

export const targets = { listLeaks } as const satisfies Operations;
