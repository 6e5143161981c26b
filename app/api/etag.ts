import { createHash } from 'node:crypto';
import { VitrineError } from '../../src/shared/errors.js';

/** The strong ETag of an answer: a hash of the bytes that are sent. */
export function etagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
}

/** Of the same answer in a compressed form: other bytes, so it is another tag, which names the same state of a document. */
export function etagOfCoding(etag: string, coding: string): string {
  return etag.replace(/"$/, `-${coding}"`);
}

const CODING = /-(?:br|gzip)"$/;

/** Whether `If-None-Match` names what would be sent. It compares weakly: RFC 9110, section 13.1.2. */
export function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  return (
    ifNoneMatch !== undefined && namesOf(ifNoneMatch).some((name) => name === '*' || bare(name) === etag)
  );
}

/**
 * For a write of a document that people edit: the caller may say by `If-Match` which state of it was read. `view` is the document as its
 * own GET would answer it now. A handler calls this inside its compare-and-set, so that nothing comes between.
 */
export function requireMatch(ifMatch: string | undefined, view: unknown): void {
  if (ifMatch === undefined) return;
  const etag = etagOf(JSON.stringify(view));
  if (namesOf(ifMatch).some((name) => name === '*' || uncoded(name) === etag)) return;
  throw new VitrineError(
    'precondition_failed',
    'The document has changed since you read it. Read it again, and repeat your change on what it is now.',
  );
}

function namesOf(header: string): readonly string[] {
  return header.split(',').map((name) => name.trim());
}

function bare(name: string): string {
  return uncoded(name.startsWith('W/') ? name.slice(2) : name);
}

function uncoded(name: string): string {
  return name.replace(CODING, '"');
}
