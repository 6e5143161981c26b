import { z } from 'zod';
import { DELIVERY_STATUS } from '../shared/status/words.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import {
  API,
  DecisionView,
  Id,
  listOf,
  page,
  PullRequestNumber,
  RepositoryId,
  RepositoryName,
} from './shapes.js';

const PROVIDERS = ['github', 'gitlab', 'bitbucket'] as const;

const Decided = /* @__PURE__ */ lazily(() => DecisionView().extend({ environmentIds: z.array(Id()) }));

export const DeliveryView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: z.string(),
    provider: z.enum(PROVIDERS),
    event: z.string(),
    action: z.string().nullable(),
    repoId: z.int().nullable(),
    /** Its name when the webhook was sent. */
    repository: z.string().nullable(),
    pullRequest: z.int().nullable(),
    installationId: z.int().nullable(),
    receivedAt: z.string(),
    status: z.enum(DELIVERY_STATUS),
    decision: Decided().nullable(),
    error: z.string().nullable(),
  }),
);
export type DeliveryView = ValueOf<typeof DeliveryView>;

export const DeliveryDetailView = /* @__PURE__ */ lazily(() =>
  DeliveryView().extend({
    headers: z.record(z.string(), z.string()),
    /** What is kept of it; null when it was dropped. */
    payload: z.unknown(),
    payloadDropped: z.boolean(),
    attempts: z.int(),
    replays: z.array(z.object({ by: z.string(), at: z.string(), decision: Decided().nullable() })),
    environments: z.array(
      z.object({ id: Id(), namespace: z.string(), project: z.string(), name: z.string(), url: z.string() }),
    ),
  }),
);
export type DeliveryDetailView = ValueOf<typeof DeliveryDetailView>;

const Word = () => z.string().regex(/^[\w:.-]{1,100}$/, 'must be letters, digits, ":", "." and dashes');

const ByDelivery = () =>
  z.strictObject({ id: z.string().regex(/^[\w-]{1,120}$/, 'must be the id of a delivery') });

export const listDeliveries = {
  method: 'GET',
  path: `${API}/deliveries`,
  permission: 'delivery.list',
  summary:
    'Lists webhooks with their decisions, newest first: people see those of the repositories that they may write to. Give at most one of rule, event and pull_request; a pull_request needs its repository',
  description:
    'With `q`, or a status beside one of those, a page looks through 2,000 webhooks at a time: it may hold few items or none and still have a `nextCursor`.',
  query: () =>
    z.strictObject({
      repository: RepositoryName().optional(),
      repository_id: RepositoryId().optional(),
      pull_request: z
        .string()
        .regex(/^[1-9]\d{0,9}$/, 'must be the number of a pull request')
        .transform(Number)
        .pipe(PullRequestNumber())
        .optional(),
      status: z.enum(DELIVERY_STATUS).optional(),
      rule: Word().optional(),
      event: Word().optional(),
      provider: z.enum(PROVIDERS).optional(),
      /** A part of its event, action, repository, decision, error or id, in any case. */
      q: z.string().trim().min(1).max(200).optional(),
      from: z.iso.datetime({ offset: true }).optional(),
      to: z.iso.datetime({ offset: true }).optional(),
      ...page(),
    }),
  answers: { 200: () => listOf(DeliveryView) },
  errors: ['not_found'],
} as const satisfies Operation;

export const getDelivery = {
  method: 'GET',
  path: `${API}/deliveries/:id`,
  permission: 'delivery.read',
  resource: { deliveryId: 'id' },
  summary: 'One webhook: what is kept of its payload, its decision, and the environments that it touched',
  params: ByDelivery,
  answers: { 200: DeliveryDetailView },
  errors: ['not_found'],
} as const satisfies Operation;

export const replayDelivery = {
  method: 'POST',
  path: `${API}/deliveries/:id/replay`,
  permission: 'delivery.replay',
  resource: { deliveryId: 'id' },
  summary: 'Handles a stored webhook again. One that still waits is left as it is',
  params: ByDelivery,
  answers: { 202: DeliveryView },
  errors: ['not_found', 'unprocessable'],
} as const satisfies Operation;

export const deliveries = { listDeliveries, getDelivery, replayDelivery } as const satisfies Operations;
