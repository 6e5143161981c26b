import { z } from 'zod';
import { DELIVERY_STATUS } from '../shared/status/words.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { API, DecisionView, Id, listOf, page } from './shapes.js';

export const DeliveryView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: z.string(),
    event: z.string(),
    action: z.string().nullable(),
    repoId: z.int().nullable(),
    installationId: z.int().nullable(),
    receivedAt: z.string(),
    status: z.enum(DELIVERY_STATUS),
    decision: DecisionView()
      .extend({ environmentIds: z.array(Id()) })
      .nullable(),
    error: z.string().nullable(),
  }),
);
export type DeliveryView = ValueOf<typeof DeliveryView>;

export const listDeliveries = {
  method: 'GET',
  path: `${API}/deliveries`,
  permission: 'delivery.read',
  summary: 'Lists webhooks with their decisions',
  query: () =>
    z.strictObject({
      status: z.enum(DELIVERY_STATUS).optional(),
      repository_id: z
        .string()
        .regex(/^[1-9]\d{0,14}$/, "must be GitHub's id of a repository")
        .transform(Number)
        .pipe(z.int())
        .optional(),
      ...page(),
    }),
  answers: { 200: () => listOf(DeliveryView) },
} as const satisfies Operation;

export const deliveries = { listDeliveries } as const satisfies Operations;
