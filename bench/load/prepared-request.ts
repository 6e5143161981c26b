import { createHmac } from 'node:crypto';

export interface Webhook {
  readonly port: number;
  readonly secret: string;
  readonly event: string;
  readonly body: string;
}

/** Longer than any prefix and number that are written into it. */
const GUID_LENGTH = 36;

/** The bytes of one webhook request, all but its delivery id. */
export interface PreparedRequest {
  /** Writes the id in, and answers the bytes: good until the next call. */
  with(guid: string): Buffer;
}

export function prepareRequest({ port, secret, event, body }: Webhook): PreparedRequest {
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const before = [
    'POST /api/github/webhooks HTTP/1.1',
    `host: localhost:${port}`,
    'user-agent: GitHub-Hookshot/bench',
    'accept: */*',
    'content-type: application/json',
    `x-github-event: ${event}`,
    'x-github-hook-id: 1',
    `x-hub-signature-256: sha256=${signature}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'x-github-delivery: ',
  ].join('\r\n');
  const bytes = Buffer.from(`${before}${'-'.repeat(GUID_LENGTH)}\r\n\r\n${body}`);
  const at = Buffer.byteLength(before);
  return {
    with(guid) {
      bytes.write(guid.padEnd(GUID_LENGTH, '-'), at, GUID_LENGTH, 'latin1');
      return bytes;
    },
  };
}

/** The id as the receiver sees it. */
export function guidOf(prefix: string, index: number): string {
  return `${prefix}-${index}`.padEnd(GUID_LENGTH, '-');
}
