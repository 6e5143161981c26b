import { createHash } from 'node:crypto';

/** Names what was sent, so that the same is not sent twice. */
export function digestOf(payload: unknown): string {
  return createHash('sha256').update(JSON.stringify(payload)).digest('hex').slice(0, 32);
}
