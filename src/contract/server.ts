/** What the server says of itself. */
import { z } from 'zod';
import type { Operation, Operations } from './operation.js';
import { API } from './shapes.js';

/** `instance` differs for every process: an operator can tell which one answers at an address. */
const Health = () => z.object({ ok: z.literal(true), instance: z.string() });

const Readiness = () =>
  z.object({ ok: z.boolean(), database: z.enum(['up', 'down']), lagSeconds: z.int().nullable() });

export const showHome = {
  method: 'GET',
  path: '/',
  permission: 'server.read',
  summary: 'A page for people that explains what this server is; who is signed in gets to their previews',
  answers: { 200: 'page', 303: 'redirect' },
  errors: ['not_found'],
} as const satisfies Operation;

export const checkHealth = {
  method: 'GET',
  path: '/healthz',
  permission: 'server.read',
  unlimited: true,
  summary: 'The process is running',
  answers: { 200: Health },
} as const satisfies Operation;

export const checkReadiness = {
  method: 'GET',
  path: '/readyz',
  permission: 'server.read',
  unlimited: true,
  summary: 'The server has started and its database answers',
  answers: { 200: Readiness, 503: Readiness },
} as const satisfies Operation;

export const describeServer = {
  method: 'GET',
  path: `${API}/openapi.json`,
  permission: 'server.read',
  summary: 'This description',
  answers: { 200: () => z.looseObject({ openapi: z.literal('3.1.0') }) },
} as const satisfies Operation;

export const showReference = {
  method: 'GET',
  path: '/docs/api',
  permission: 'server.read',
  summary: 'The reference of this API, as a page for people',
  answers: { 200: 'page' },
} as const satisfies Operation;

export const server = {
  showHome,
  checkHealth,
  checkReadiness,
  describeServer,
  showReference,
} as const satisfies Operations;
