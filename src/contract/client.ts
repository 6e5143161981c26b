import { VitrineError } from '../shared/errors.js';
import type { AnswerOf, CallOf, Operation } from './operation.js';

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  /** Absent without a body. */
  readonly contentType?: string;
  readonly body?: Uint8Array;
  /** Absent where a repetition does no harm by itself. */
  readonly idempotencyKey?: string;
}

/** Sends one request, retries what may be retried, and answers the parsed JSON of a 2xx. */
type Send = (request: Sent) => Promise<unknown>;

/** Calls one operation, and checks the answer. A bundle holds only the operations that its code names. */
export type Client = <const O extends Operation>(
  operation: O,
  input: CallOf<O>,
  how?: { readonly idempotencyKey?: string },
) => Promise<AnswerOf<O>>;

/** The client reads `token` at each call, because it is renewed during long builds. */
export function createClient({ send, token }: { send: Send; token: () => string }): Client {
  return async <const O extends Operation>(
    operation: O,
    input: CallOf<O>,
    { idempotencyKey }: { readonly idempotencyKey?: string } = {},
  ) => {
    const parts = input as Parts;
    const answer = await send({
      method: operation.method,
      path: pathTo(operation, parts),
      token: present(token()),
      ...encoded(parts.body),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    });
    const [schema] = Object.values<Operation['answers'][number]>(operation.answers);
    return (typeof schema === 'function' ? schema().parse(answer) : undefined) as AnswerOf<O>;
  };
}

interface Parts {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

/** A path with its parameters and its query filled in. */
export function pathTo({ path }: Pick<Operation, 'path'>, { params = {}, query = {} }: Parts = {}): string {
  const filled = path.replace(/:(\w+)/g, (_match, name: string) => encodeURIComponent(params[name] ?? ''));
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size > 0 ? `${filled}?${String(given)}` : filled;
}

function present(token: string): string {
  if (token !== '') return token;
  throw new VitrineError('unauthorized', 'There is no token yet: start the deployment first.');
}

function encoded(body: unknown): Pick<Sent, 'contentType' | 'body'> {
  if (body === undefined) return {};
  if (body instanceof Uint8Array) return { contentType: 'application/octet-stream', body };
  return { contentType: 'application/json', body: new TextEncoder().encode(JSON.stringify(body)) };
}
