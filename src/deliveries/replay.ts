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

function refuseUnreplayable({ status, body, decision, event, provider }: DeliveryDetail): void {
  if (status === DELIVERY_STATUS.retained)
    throw new VitrineError(
      'unprocessable',
      `Webhooks of ${provider} are kept for audit only: there is no handler for them yet.`,
    );
  if (body === null)
    throw new VitrineError(
      'unprocessable',
      'The payload of this delivery was dropped, because it was older than DELIVERY_RETENTION_DAYS. Redeliver it on GitHub (possible for three days), or push a commit.',
    );
  if (decision?.rule === EVENT_NOT_USED)
    throw new VitrineError(
      'unprocessable',
      `Nothing here handles "${event}", so its payload was never kept, only its outline.`,
    );
}
