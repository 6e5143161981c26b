/** One delivery as GitHub sends it: https://docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers */
import { createHmac, randomUUID } from 'node:crypto';

export interface Delivery {
  readonly guid: string;
  readonly event: string;
  readonly action: string | undefined;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface DeliveryContent {
  readonly event: string;
  readonly payload: { readonly action?: unknown };
  readonly secret: string;
  readonly appId: number;
}

export function makeDelivery({ event, payload, secret, appId }: DeliveryContent): Delivery {
  const body = Buffer.from(JSON.stringify(payload));
  const guid = randomUUID();
  return {
    guid,
    event,
    action: typeof payload.action === 'string' ? payload.action : undefined,
    body,
    headers: {
      accept: '*/*',
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/044aadd',
      'x-github-delivery': guid,
      'x-github-event': event,
      'x-github-hook-id': '470000001',
      'x-github-hook-installation-target-id': String(appId),
      'x-github-hook-installation-target-type': 'integration',
      'x-hub-signature-256': signatureOf(body, secret),
    },
  };
}

export function signatureOf(body: Buffer, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** The same bytes under another GUID: the signature covers the body only, so it stays true. */
export function withGuid(delivery: Delivery, guid: string): Delivery {
  return { ...delivery, guid, headers: { ...delivery.headers, 'x-github-delivery': guid } };
}
