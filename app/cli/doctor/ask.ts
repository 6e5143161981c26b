import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { z } from 'zod';
import { errorCode, messageOf } from '../../../src/shared/errors.js';
import type { Config } from '../../config/config.js';

interface Asking {
  readonly signal: AbortSignal;
  readonly lookup?: LookupFunction;
  readonly ca?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** When the request went out, and when its answer began. */
  readonly sentAt: number;
  readonly answeredAt: number;
}

const MAX_BYTES = 64 * 1024;
/** Two requests fit into the time of one check. */
const PATIENCE_MS = 4_500;

/** Requests an address. A redirect is an answer like any other. */
export function ask(url: URL, { signal: whole, lookup, ca }: Asking): Promise<Answer> {
  const signal = AbortSignal.any([whole, AbortSignal.timeout(PATIENCE_MS)]);
  const start = url.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = { 'user-agent': 'vitrine-doctor', accept: 'application/json,*/*' };
  const options = {
    signal,
    agent: false,
    headers,
    ...(lookup && { lookup }),
    ...(ca !== undefined && { ca }),
  };
  return new Promise((resolve, reject) => {
    const sentAt = Date.now();
    start(url, options, (response) => {
      const answeredAt = Date.now();
      const { statusCode: status = 0, headers: answered } = response;
      readBody(response).then(
        (body) => resolve({ status, headers: answered, body, sentAt, answeredAt }),
        reject,
      );
    })
      .on('error', reject)
      .end();
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MAX_BYTES) break;
  }
  response.destroy();
  return Buffer.concat(chunks).subarray(0, MAX_BYTES).toString('utf8');
}

/** Several addresses were tried: each has an error of its own. */
export function reasonOf(error: unknown): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const code = errorCode(inner) ?? errorCode(error);
  return code !== null && REASONS[code] !== undefined ? `${REASONS[code]} (${code})` : messageOf(inner);
}

const REASONS: Readonly<Record<string, string | undefined>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'there is no such socket',
  ENOTFOUND: 'the name has no address',
  EACCES: 'it may not be used',
  ETIMEDOUT: 'no answer',
  ABORT_ERR: 'no answer',
  EADDRINUSE: 'another program uses the port',
  EADDRNOTAVAIL: 'this machine has no such address',
  ETIMEOUT: 'the DNS server does not answer',
  ESERVFAIL: 'the DNS server failed',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is signed by an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate of the authority between is not sent',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is signed by an authority that is not known',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for other names',
  EPROTO: 'it does not speak TLS',
};

const Health = z.object({ ok: z.literal(true), instance: z.string() });

/** The instance of a server of this program that gave the answer; null for other answers. */
export function instanceIn({ status, body }: Answer): string | null {
  if (status !== 200) return null;
  try {
    return Health.safeParse(JSON.parse(body)).data?.instance ?? null;
  } catch {
    return null;
  }
}

export const HEALTH_PATH = '/healthz';

/** What answers where this server listens. */
export type FoundServer =
  | { readonly kind: 'server'; readonly url: URL; readonly instance: string }
  | { readonly kind: 'nothing' | 'stranger'; readonly url: URL };

/** Nobody listens, or there is no such address. */
const NOBODY = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'];

export async function findServer({ host, port }: Pick<Config, 'host' | 'port'>): Promise<FoundServer> {
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const url = new URL(`http://${near.includes(':') ? `[${near}]` : near}:${port}`);
  // Then any free port is taken, and nobody knows which.
  if (port === 0) return { kind: 'nothing', url };
  try {
    const answer = await ask(new URL(HEALTH_PATH, url), { signal: new AbortController().signal });
    const instance = instanceIn(answer);
    return instance === null ? { kind: 'stranger', url } : { kind: 'server', url, instance };
  } catch (error) {
    return { kind: NOBODY.includes(errorCode(error) ?? '') ? 'nothing' : 'stranger', url };
  }
}
