import type { IncomingMessage } from 'node:http';
import { VitrineError } from '../../src/shared/errors.js';

/** A form on a foreign page can send text, never these types. */
export function requireType({ headers }: IncomingMessage, type: string): void {
  const given = headers['content-type'];
  const coded = headers['content-encoding'] ?? 'identity';
  if ((given === type || bare(given) === type) && coded === 'identity') return;
  throw new VitrineError('unsupported_media_type', `Send the body as ${type}, without a content encoding.`);
}

function bare(type: string | undefined): string | undefined {
  return type?.split(';', 1)[0]?.trim().toLowerCase();
}
