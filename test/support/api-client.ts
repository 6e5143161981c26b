import { type Client, createClient, type Sent } from '../../src/contract/client.js';
import { ErrorAnswer } from '../../src/contract/shapes.js';

/** An answer of the API that is an error. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfter: string | null;

  constructor(response: Response, { error }: ErrorAnswer) {
    super(error.message);
    this.status = response.status;
    this.code = error.code;
    this.retryAfter = response.headers.get('retry-after');
  }
}

/** The typed client of the contract over HTTP, as programs of others use it. */
export function apiClient({ url }: { readonly url: string }, token: string): Client {
  const send = async ({ method, path, token: shown, contentType, body, idempotencyKey }: Sent) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${shown}`,
        ...(contentType !== undefined && { 'content-type': contentType }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
    });
    const answer: unknown = await response.json();
    if (response.ok) return answer;
    throw new ApiRefusal(response, ErrorAnswer().parse(answer));
  };
  return createClient({ send, token: () => token });
}
