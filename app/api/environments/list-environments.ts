import { z } from 'zod';
import { Id } from '../../../src/contract/schemas.js';
import { E } from '../../../src/shared/status/words.js';
import { pageOf, PageQuery, parseQuery } from '../parse-input.js';
import { ok, type ApiRoute } from '../route.js';
import { presentEnvironment } from './present.js';

const Query = z.strictObject({
  repository: z
    .string()
    .regex(/^[\w.-]+\/[\w.-]+$/, 'must be owner/name')
    .max(200)
    .optional(),
  active_only: z.enum(['true', 'false']).optional(),
  status: z.enum(Object.values(E)).optional(),
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
