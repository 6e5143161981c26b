/**
 * How one operation of the API is declared: plain data, from which the server's route and validation, the OpenAPI description and the
 * typed client are made. Schemas are functions, because zod takes half a millisecond to make one, and because the Action's bundle then
 * leaves out those that it does not call.
 */
import type { z } from 'zod';
import type { Permission } from '../people/policies.js';
import type { ErrorCode } from '../shared/errors.js';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

export type Schema<T extends z.ZodType = z.ZodType> = () => T;

/** The value that a schema gives after a check. */
export type ValueOf<S extends Schema> = z.output<ReturnType<S>>;

/** An HTML page with the Content-Security-Policy it needs. */
export interface Page {
  readonly html: string;
  readonly policy: string;
  /** Values of `Set-Cookie`. */
  readonly cookies?: readonly string[];
}

/** Leads the browser on. */
export interface Redirect {
  readonly location: string;
  readonly cookies?: readonly string[];
}

/** The noun behind a path parameter. */
export type ResourceParameter =
  | { readonly deploymentId: string }
  | { readonly environmentId: string }
  | { readonly namespace: string }
  | { readonly projectId: string }
  | { readonly repositoryId: string }
  | { readonly deliveryId: string };

export interface Operation {
  readonly method: Method;
  readonly path: `/${string}`;
  /** What the caller must be allowed to do; `src/people/policies.ts` says who is. */
  readonly permission: Permission;
  /** What the request is about and the parameter that names it, where rights depend on it. */
  readonly resource?: ResourceParameter;
  readonly summary: string;
  /** What the summary leaves out, for the reference. Text in backquotes is shown as code. */
  readonly description?: string;
  /** Probes of supervisors and load balancers do not count towards a limit. */
  readonly unlimited?: true;
  readonly params?: Schema<z.ZodObject>;
  readonly query?: Schema<z.ZodObject>;
  /** A schema for JSON; `bytes` for the whole body; `stream` for a body that is used as it arrives. */
  readonly body?: Schema | 'bytes' | 'stream';
  /** The body comes from the form of a page: `application/x-www-form-urlencoded` instead of JSON, and from our own pages only. */
  readonly form?: true;
  /** The largest body; 1 MiB when absent. */
  readonly maxBytes?: number;
  /** The answers that are not errors, by status: JSON of this shape, a page, a text file, a picture, or another address. */
  readonly answers: Readonly<Record<number, Schema | 'page' | 'text' | 'image' | 'redirect'>>;
  /** Other forms of the answer, for callers whose `Accept` header asks for one of them. */
  readonly media?: readonly ('text/event-stream' | 'text/plain')[];
  /** Errors that only this operation answers; `errorsOf` adds those that follow from the rest of the declaration. */
  readonly errors?: readonly ErrorCode[];
}

export type Operations = Readonly<Record<string, Operation>>;

/** Makes a schema at its first use. Mark the call as pure, so that bundles can leave it out. */
export function lazily<T extends z.ZodType>(make: () => T): Schema<T> {
  let made: T | undefined;
  return () => (made ??= make());
}

type Output<S> = S extends Schema<infer T> ? z.output<T> : undefined;
type Input<S> = S extends Schema<infer T> ? z.input<T> : undefined;

export type ParamsOf<O extends Operation> = Output<O['params']>;
export type QueryOf<O extends Operation> = Output<O['query']>;
export type BodyOf<O extends Operation> = O['body'] extends 'bytes'
  ? Buffer
  : O['body'] extends 'stream'
    ? AsyncIterable<Uint8Array>
    : Output<O['body']>;

type Statuses<O extends Operation> = keyof O['answers'] & number;

/** What a handler gives back for one answer, before it is written as JSON. It writes a picture itself. */
type Written<A> = A extends 'page'
  ? Page
  : A extends 'redirect'
    ? Redirect
    : A extends 'text'
      ? string
      : A extends 'image'
        ? never
        : Input<A>;

/** One of several answers, with its status. */
type AnswerWithStatus<O extends Operation> = {
  [S in Statuses<O>]: { readonly status: S; readonly body: Written<O['answers'][S]> };
}[Statuses<O>];

type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never;

/** What a handler gives back: the body of the only answer, or status and body where several are declared. */
export type ResultOf<O extends Operation> =
  true extends IsUnion<Statuses<O>> ? AnswerWithStatus<O> : Written<O['answers'][Statuses<O>]>;

/** What a caller gets, checked. */
export type AnswerOf<O extends Operation> = { [S in Statuses<O>]: Output<O['answers'][S]> }[Statuses<O>];

type Part<Name extends string, T> = [T] extends [undefined] ? unknown : { readonly [K in Name]: T };
type Sendable<O extends Operation> = O['body'] extends 'bytes' | 'stream' ? Uint8Array : Input<O['body']>;

/** What a caller gives: exactly the parts that the operation has. */
export type CallOf<O extends Operation> = Part<'params', Input<O['params']>> &
  Part<'body', Sendable<O>> &
  ([QueryOf<O>] extends [undefined] ? unknown : { readonly query?: Partial<QueryOf<O>> });
