import type { ServerResponse } from 'node:http';
import type {
  BodyOf,
  Operation,
  Operations,
  ParamsOf,
  QueryOf,
  ResultOf,
} from '../../src/contract/operation.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Ports } from '../ports.js';
import type { StoredSession } from '../../src/people/session.js';
import type { Caller } from './access.js';

/** A request whose caller is allowed and whose parts have the shapes of its operation. */
export interface Input<O extends Operation> {
  readonly params: ParamsOf<O>;
  readonly query: QueryOf<O>;
  readonly body: BodyOf<O>;
  readonly caller: Caller;
  /** Of the browser in which the caller is signed in; null for tokens and strangers. */
  readonly session: StoredSession | null;
  readonly browser: Browser;
  /** Adds a value of `Set-Cookie` to an answer that is no page. */
  readonly setCookie: (value: string) => void;
  /** The media types that the caller accepts, as its header says them. */
  readonly accept: string;
  /** Where a stream that was cut goes on, as the caller says it. */
  readonly lastEventId: string | undefined;
  /** Asks again whether the caller may do this. For answers that take long. */
  readonly stillAllowed: () => Promise<boolean>;
  /** The state of the document that the caller has read, for `requireMatch`. */
  readonly ifMatch: string | undefined;
}

/** What a request says of the browser that sent it. */
export interface Browser {
  readonly userAgent: string;
  readonly address: string;
  readonly acceptEncoding: string;
  /** Path and query, as they were asked for. */
  readonly url: string;
  /** What the last form has done, as it was sent. */
  readonly flashCookie: string | undefined;
  /** The cookie of a sign-in that is under way, as it was sent. */
  readonly signInCookie: string | undefined;
}

/** Only an operation whose answer is text or a picture, or has other media, gives an answer that is written by its handler. */
type DirectOf<O extends Operation> = O extends
  { readonly media: unknown } | { readonly answers: { 200: 'text' | 'image' } }
  ? DirectAnswer
  : never;

export type Handler<O extends Operation> = (
  ports: Ports,
  input: Input<O>,
) => Promise<ResultOf<O> | DirectOf<O>>;

/** An answer that its handler writes itself, such as a stream. It may throw before it wrote anything. */
export class DirectAnswer {
  readonly write: (
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
  ) => void | Promise<void>;

  constructor(write: DirectAnswer['write']) {
    this.write = write;
  }
}

/** One handler for each operation, and no other. */
export type Handlers<Ops extends Operations> = { readonly [Name in keyof Ops]: Handler<Ops[Name]> };

/** The page request in the form of the stores: an absent cursor is absent, not undefined. */
export function pageOf({ cursor, limit }: { cursor?: string | undefined; limit: number }) {
  return { limit, ...(cursor !== undefined && { cursor }) };
}

/** The document, or the error that there is none. */
export function found<T>(document: T | null, noun: string): T {
  if (document !== null) return document;
  throw new VitrineError('not_found', `There is no such ${noun}.`);
}

export function isoOrNull(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}

/** The actor's name in the audit log. */
export function nameOf(caller: Caller): string {
  return caller.kind === 'operator' || caller.kind === 'user' ? caller.name : caller.kind;
}
