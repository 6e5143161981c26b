import { z } from 'zod';
import { Id } from '../../../src/contract/schemas.js';
import type { StoredEnvironment } from '../../../src/environments/store.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { type ApiRoute, ok, pageOf, PageQuery, parseInput, parseQuery } from '../route.js';
import { presentEnvironment } from './present.js';

const Namespace = z
  .string()
  .regex(/^[a-z0-9-]{1,63}$/, 'must be a namespace: up to 63 lower-case letters, digits and dashes');

export const environment: ApiRoute = {
  input: 'none',
  async handle({ environments }, { parameters }) {
    return ok(presentEnvironment(found(await environments.get(parseInput(Id, parameters['id'])))));
  },
};

export const environmentByNamespace: ApiRoute = {
  input: 'none',
  async handle({ environments }, { parameters }) {
    const slug = parseInput(Namespace, parameters['namespace']);
    return ok(presentEnvironment(found(await environments.bySlug(slug))));
  },
};

export function found(environment: StoredEnvironment | null): StoredEnvironment {
  if (environment) return environment;
  throw new VitrineError('not_found', 'There is no such environment.');
}

const Query = z.strictObject({
  repository: z
    .string()
    .regex(/^[\w.-]+\/[\w.-]+$/, 'must be owner/name')
    .max(200)
    .optional(),
  active_only: z.enum(['true', 'false']).optional(),
  status: z.enum(Object.values(ENVIRONMENT_STATUS)).optional(),
  project: Id.optional(),
  ...PageQuery,
});

export const listEnvironments: ApiRoute = {
  input: 'none',
  async handle({ environments }, { query }) {
    const { repository, active_only, status, project, ...page } = parseQuery(Query, query);
    const filter = {
      ...(repository !== undefined && { repository }),
      ...(status !== undefined && { status }),
      ...(project !== undefined && { projectId: project }),
      ...(active_only === 'true' && { activeOnly: true as const }),
    };
    const { items, nextCursor } = await environments.list(filter, pageOf(page));
    return ok({ items: items.map(presentEnvironment), nextCursor });
  },
};
