import type { deliveries, DeliveryView } from '../../src/contract/deliveries.js';
import type { InboxStore } from '../../src/deliveries/store.js';
import { type Handlers, pageOf } from './handler.js';

export const deliveryHandlers: Handlers<typeof deliveries> = {
  async listDeliveries({ inbox }, { query }) {
    const { status, repository_id: repoId, ...page } = query;
    const filter = { ...(status !== undefined && { status }), ...(repoId !== undefined && { repoId }) };
    const { items, nextCursor } = await inbox.list(filter, pageOf(page));
    return { items: items.map(presentDelivery), nextCursor };
  },
};

type Row = Awaited<ReturnType<InboxStore['list']>>['items'][number];

/** What the server did with a webhook, without the webhook's body. */
function presentDelivery({
  guid,
  event,
  action,
  repoId,
  installationId,
  receivedAt,
  ...rest
}: Row): DeliveryView {
  const { status, decision, error } = rest;
  return {
    id: guid,
    event,
    action,
    repoId,
    installationId,
    receivedAt: receivedAt.toISOString(),
    status,
    decision: decision && { ...decision, environmentIds: [...decision.environmentIds] },
    error,
  };
}
