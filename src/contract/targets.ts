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

const TargetView = /* @__PURE__ */ lazily(() =>
  z.object({
    name: z.string(),
    /** Deployments can go to it. */
    on: z.boolean(),
    /** Why it is off, and who can change that; null when it is on. */
    reason: z.string().nullable(),
    /** What the Action hands over; null when it is off. */
    takes: z.enum(['files', 'image', 'compose', 'nothing']).nullable(),
    /** What its programs are on this server: processes or containers; null when it starts none here, or is off. */
    runner: z.enum(['process', 'container']).nullable(),
  }),
);

const listTargets = {
  method: 'GET',
  path: `${API}/targets`,
  permission: 'target.list',
  summary: 'Lists the targets of this server, why one is off, and what runs its programs',
  answers: { 200: () => listOf(TargetView) },
} as const satisfies Operation;

export const listLeaks = {
  method: 'GET',
  path: `${API}/leaks`,
  permission: 'leak.read',
  summary: 'Lists what targets hold and no living preview needs',
  answers: { 200: () => listOf(LeakView) },
} as const satisfies Operation;

export const targets = { listTargets, listLeaks } as const satisfies Operations;
