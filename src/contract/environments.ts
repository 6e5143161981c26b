import { z } from 'zod';
import { HEALTH_STATES, REACH_KINDS } from '../shared/reach.js';
import { ENVIRONMENT_STATUS } from '../shared/status/words.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { API, ById, DecisionView, Id, listOf, page } from './shapes.js';

export const ENVIRONMENTS = `${API}/environments` as const;

export const EnvironmentView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    name: z.string(),
    namespace: z.string(),
    project: z.string(),
    repository: z.string(),
    status: z.enum(ENVIRONMENT_STATUS),
    generation: z.int(),
    url: z.string(),
    live: z.boolean(),
    /** How visitors reach it; null while nothing is live. */
    kind: z.enum(REACH_KINDS).nullable().default(null),
    /** What the server last found there; null when it has not looked. */
    health: z
      .object({ state: z.enum(HEALTH_STATES), detail: z.string().nullable(), since: z.string() })
      .nullable()
      .default(null),
    commit: z.string().nullable(),
    currentCommit: z.string().nullable(),
    pullRequest: z
      .object({ number: z.int(), title: z.string(), author: z.string(), branch: z.string(), url: z.string() })
      .nullable(),
    decision: DecisionView().nullable(),
    error: z.string().nullable(),
    expiresAt: z.string().nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
    deployedAt: z.string().nullable(),
    destroyedAt: z.string().nullable(),
  }),
);
export type EnvironmentView = ValueOf<typeof EnvironmentView>;

const Namespace = () =>
  z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/, 'must be a namespace: up to 63 lower-case letters, digits and dashes');

export const listEnvironments = {
  method: 'GET',
  path: ENVIRONMENTS,
  permission: 'environment.list',
  summary: 'Lists environments',
  query: () =>
    z.strictObject({
      repository: z
        .string()
        .regex(/^[\w.-]+\/[\w.-]+$/, 'must be owner/name')
        .max(200)
        .optional(),
      active_only: z.enum(['true', 'false']).optional(),
      status: z.enum(ENVIRONMENT_STATUS).optional(),
      project: Id().optional(),
      ...page(),
    }),
  answers: { 200: () => listOf(EnvironmentView) },
} as const satisfies Operation;

export const getEnvironment = {
  method: 'GET',
  path: `${ENVIRONMENTS}/:id`,
  permission: 'environment.read',
  resource: { environmentId: 'id' },
  summary: 'One environment',
  params: ById,
  answers: { 200: EnvironmentView },
  errors: ['not_found'],
} as const satisfies Operation;

export const getEnvironmentByNamespace = {
  method: 'GET',
  path: `${ENVIRONMENTS}/namespace/:namespace`,
  permission: 'environment.read',
  resource: { namespace: 'namespace' },
  summary: 'One environment, by its namespace',
  params: () => z.strictObject({ namespace: Namespace() }),
  answers: { 200: EnvironmentView },
  errors: ['not_found'],
} as const satisfies Operation;

export const destroyEnvironment = {
  method: 'POST',
  path: `${ENVIRONMENTS}/:id/destroy`,
  permission: 'environment.destroy',
  resource: { environmentId: 'id' },
  summary: 'Removes the preview',
  params: ById,
  query: () =>
    z.strictObject({
      /** Nothing is left of what only a workflow run could remove: do not wait for one. */
      force: z.enum(['true', 'false']).optional(),
    }),
  answers: { 202: EnvironmentView },
  errors: ['not_found'],
} as const satisfies Operation;

/** For the server and the description. Clients import single operations, so that a bundle holds only those. */
export const environments = {
  listEnvironments,
  getEnvironment,
  getEnvironmentByNamespace,
  destroyEnvironment,
} as const satisfies Operations;
