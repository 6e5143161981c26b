import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';

export interface Delivery {
  readonly guid: string;
  readonly payload: unknown;
}

/** The least that a receiver must do: read the body, check its signature, parse it. Then `keep`, then 202. */
export function receiveSigned(
  secret: string,
  keep: (delivery: Delivery) => Promise<unknown> | undefined,
): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      if (!isSigned({ body, secret, request })) return void response.writeHead(400).end();
      const delivery = {
        guid: String(request.headers['x-github-delivery']),
        payload: JSON.parse(body.toString()) as unknown,
      };
      const kept = keep(delivery);
      if (!kept) return void response.writeHead(202).end('{}');
      kept.then(
        () => response.writeHead(202).end('{}'),
        () => response.writeHead(500).end(),
      );
    });
  };
}

function isSigned({
  body,
  secret,
  request,
}: {
  body: Buffer;
  secret: string;
  request: IncomingMessage;
}): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const given = Buffer.from(String(request.headers['x-hub-signature-256']));
  return expected.length === given.length && timingSafeEqual(expected, given);
}
