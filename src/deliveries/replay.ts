import type { AuditPorts } from '../people/audit-log.js';
import { VitrineError } from '../shared/errors.js';
import { DELIVERY_STATUS } from '../shared/status/words.js';
import type { DeliveryDetail, DeliveryPorts } from './store.js';

type Ports = DeliveryPorts & AuditPorts;

/** The rule of a delivery whose event has no handler: only the outline of its payload is kept. */
export const EVENT_NOT_USED = 'event-not-used';

/**
 * Has a stored delivery handled again, as if it arrived now. Handlers look at what is true now, so handling the same content again
 * changes nothing that is right. A delivery that still waits is left as it is: it will be handled anyway.
 */
export async function replayDelivery(
  ports: Ports,
  { guid, actor }: { readonly guid: string; readonly actor: string },
): Promise<DeliveryDetail> {
  const delivery = await find(ports, guid);
  refuseUnreplayable(delivery);
  if (await ports.inbox.replay(guid, actor))
    await ports.audit.record({
      actor,
      action: 'replay',
      subject: guid,
      detail: `The delivery of "${delivery.event}" is handled again.`,
    });
  const after = await find(ports, guid);
  // Retention may have dropped it in between.
  refuseUnreplayable(after);
  return after;
}

async function find({ inbox }: DeliveryPorts, guid: string): Promise<DeliveryDetail> {
  const delivery = await inbox.get(guid);
  if (delivery) return delivery;
  throw new VitrineError('not_found', 'There is no such delivery.');
}

type Replayable = Pick<DeliveryDetail, 'status' | 'decision' | 'event' | 'provider'> & {
  readonly hasPayload: boolean;
};

/** Why a delivery cannot be handled again, and what to do instead; null when it can. */
export function refusalOf({ status, hasPayload, decision, event, provider }: Replayable): string | null {
  if (status === DELIVERY_STATUS.retained)
    return `Webhooks of ${provider} are kept for audit only: there is no handler for them yet.`;
  if (!hasPayload)
    return 'The payload of this delivery was dropped, because it was older than DELIVERY_RETENTION_DAYS. Redeliver it on GitHub (possible for three days), or push a commit.';
  if (decision?.rule === EVENT_NOT_USED)
    return `Nothing here handles "${event}", so its payload was never kept, only its outline.`;
  return null;
}

function refuseUnreplayable({ body, ...delivery }: DeliveryDetail): void {
  const refusal = refusalOf({ ...delivery, hasPayload: body !== null });
  if (refusal !== null) throw new VitrineError('unprocessable', refusal);
}
