/** What a route answers; the gateway turns it into HTTP. */
export interface ApiReply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const DOCUMENTATION = 'https://docs.github.com/rest';

export function ok(body: unknown, headers: Readonly<Record<string, string>> = {}): ApiReply {
  return { status: 200, body, headers };
}

export function created(body: unknown): ApiReply {
  return { status: 201, body };
}

/** Done a moment later. */
export function accepted(body: unknown): ApiReply {
  return { status: 202, body };
}

export function refused(status: number, message: string, errors?: readonly unknown[]): ApiReply {
  const details = errors === undefined ? {} : { errors };
  return { status, body: { message, ...details, documentation_url: DOCUMENTATION, status: String(status) } };
}

export const notFound = (): ApiReply => refused(404, 'Not Found');
