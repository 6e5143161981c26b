/** Every webhook with what came of it, and one of them with its replay. */
import { z } from 'zod';
import { getDelivery, replayDelivery } from '../deliveries.js';
import type { Operation, Operations } from '../operation.js';
import { formOf, submits } from './form.js';
import { From, LIVE, watched } from './previews.js';

export const DELIVERIES = '/deliveries' as const;

/** Which webhooks are wanted, as the address says it. What the form leaves empty means nothing. */
const DeliveriesQuery = () =>
  z.object({
    status: z.string().max(40).optional(),
    event: z.string().max(100).optional(),
    repository: z.string().max(400).optional(),
    q: z.string().max(200).optional(),
    cursor: z.string().max(200).optional(),
  });

const showDeliveries = {
  method: 'GET',
  path: DELIVERIES,
  permission: 'delivery.list',
  summary: 'A page with the webhooks that the person may see, each with what came of it',
  query: DeliveriesQuery,
  answers: { 200: 'page' },
} as const satisfies Operation;

const watchDeliveries = {
  method: 'GET',
  path: `${LIVE}${DELIVERIES}`,
  permission: 'delivery.list',
  summary: 'Says when the page of webhooks shows something else',
  query: () => DeliveriesQuery().extend({ from: From() }),
  ...watched,
} as const satisfies Operation;

const { permission, resource, params } = getDelivery;

const showDelivery = {
  method: 'GET',
  path: `${DELIVERIES}/:id`,
  permission,
  resource,
  params,
  summary: 'The page of one webhook: what is kept of it, what it led to, and its replay',
  answers: { 200: 'page' },
  errors: ['not_found'],
} as const satisfies Operation;

const watchDelivery = {
  method: 'GET',
  path: `${LIVE}${DELIVERIES}/:id`,
  permission,
  resource,
  params,
  summary: 'Says when something else came of a webhook',
  query: () => z.object({ from: From() }),
  ...watched,
  errors: ['not_found'],
} as const satisfies Operation;

export const submitReplay = submits(replayDelivery, {
  path: `${DELIVERIES}/:id/replay`,
  body: () => formOf({}),
});

export const deliveryPages = {
  showDeliveries,
  watchDeliveries,
  showDelivery,
  watchDelivery,
  submitReplay,
} as const satisfies Operations;
