import { z } from 'zod';
import type { InboxStore } from '../../../src/deliveries/store.js';
import { DELIVERY_STATUS } from '../../../src/shared/status/words.js';
import { type ApiRoute, ok, pageOf, PageQuery, parseQuery } from '../route.js';

const Query = z.strictObject({
  status: z.enum(Object.values(DELIVERY_STATUS)).optional(),
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

type Row = Awaited<ReturnType<InboxStore['list']>>['items'][number];

/** What became of a webhook, without its body. */
function presentDelivery({
  guid,
  event,
  action,
  repoId,
  installationId,
  receivedAt,
  status,
  decision,
  error,
}: Row) {
  return {
    id: guid,
    event,
    action,
    repoId,
    installationId,
    receivedAt: receivedAt.toISOString(),
    status,
    decision,
    error,
  };
}
