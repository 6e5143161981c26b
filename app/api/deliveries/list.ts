import { z } from 'zod';
import { INBOX } from '../../../src/shared/status/words.js';
import { pageOf, PageQuery, parseQuery } from '../parse-input.js';
import { ok, type ApiRoute } from '../route.js';
import { presentDelivery } from './present-delivery.js';

const Query = z.strictObject({
  status: z.enum(Object.values(INBOX)).optional(),
  repository_id: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, "must be GitHub's id of a repository")
    .transform(Number)
    .optional(),
  ...PageQuery,
});

export const listDeliveries: ApiRoute = {
  input: 'none',
  async handle({ inbox }, { query }) {
    const { status, repository_id: repoId, ...page } = parseQuery(Query, query);
    const filter = { ...(status !== undefined && { status }), ...(repoId !== undefined && { repoId }) };
    const { items, nextCursor } = await inbox.list(filter, pageOf(page));
    return ok({ items: items.map(presentDelivery), nextCursor });
  },
};
