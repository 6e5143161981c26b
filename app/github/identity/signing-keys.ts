import { createRemoteJWKSet, customFetch, errors, type CryptoKey, type RemoteJWKSet } from 'jose';
import { z } from 'zod';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Clock } from '../../../src/shared/tools.js';

interface KeySource {
  readonly issuer: string;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
}

/** The public key with that id, or null when the issuer has none. */
export type FindKey = (kid: string) => Promise<CryptoKey | null>;

const FRESH_MS = 10 * 60_000;

const BETWEEN_FETCHES_MS = 30_000;

/** Shorter than a run waits after a 503, so that one lost answer costs a run one try. */
const AFTER_FAILURE_MS = 4_000;

/** How long a fetched list is used while the issuer does not answer. */
const KEPT_MS = 48 * 60 * 60_000;

const TIMEOUT_MS = 5_000;

const MAX_BYTES = 100 * 1024;

const SigningKey = z.object({ kty: z.literal('RSA'), kid: z.string().min(1), n: z.string(), e: z.string() });
const KeyList = z.object({ keys: z.array(z.unknown()).max(100) });

/**
 * jose fetches and searches the key list; this function decides when. By default jose would ask an unreachable issuer for every token,
 * accept an empty list, and drop keys at their maximum age. GitHub's keys:
 * https://docs.github.com/actions/reference/security/oidc
 */
export function createSigningKeys({ issuer, clock, fetch }: KeySource): FindKey {
  const list = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks`), {
    timeoutDuration: TIMEOUT_MS,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
    [customFetch]: (url, options) => fetchKeyList(() => fetch(url, options)),
  });
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  const now = () => clock.now().getTime();
  const find = async (kid: string) => (now() - fetchedAt < KEPT_MS ? findIn(list, kid) : null);

  /** One fetch at a time, one in 30 s, and one in 4 s while they fail. Never rejects. */
  async function refresh(): Promise<void> {
    if (!list.reloading) {
      const pauseMs = failure === undefined ? BETWEEN_FETCHES_MS : AFTER_FAILURE_MS;
      if (Math.abs(now() - triedAt) < pauseMs) return;
      triedAt = now();
    }
    try {
      await list.reload();
      fetchedAt = triedAt;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
  }

  return async (kid) => {
    const known = await find(kid);
    if (known && now() - fetchedAt < FRESH_MS) return known;
    const refreshed = refresh();
    if (known) return known;
    await refreshed;
    const found = await find(kid);
    if (!found && failure !== undefined) throw unreachable(failure);
    return found;
  };
}

async function findIn(list: RemoteJWKSet, kid: string): Promise<CryptoKey | null> {
  try {
    return await list({ alg: 'RS256', kid });
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return null;
    throw unreachable(error);
  }
}

function unreachable(cause: unknown): VitrineError {
  return new VitrineError(
    'unavailable',
    'The keys that prove who a workflow run is cannot be fetched: try again soon.',
    { cause },
  );
}

/** Throws when the answer is too long or has no usable key; jose then keeps its current list. */
async function fetchKeyList(request: () => Promise<Response>): Promise<Response> {
  const response = await request();
  if (response.status !== 200) throw new Error(`The issuer answered ${response.status}.`);
  const { keys } = KeyList.parse(JSON.parse(await readBounded(response, MAX_BYTES)));
  const usable = keys.filter((key) => SigningKey.safeParse(key).success);
  if (usable.length === 0) throw new Error('The issuer published no key that signs.');
  return Response.json({ keys: usable });
}

/** Stops at the limit, because an answer may be of any length. */
async function readBounded(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error(`The answer is longer than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
