import type { InboxStore } from '../../../src/deliveries/store.js';

type Row = Awaited<ReturnType<InboxStore['list']>>['items'][number];

/** What became of a webhook, without its body. */
export function presentDelivery({
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
