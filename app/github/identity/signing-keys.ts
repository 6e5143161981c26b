import { type CryptoKey, importJWK } from 'jose';
import { z } from 'zod';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Clock } from '../../../src/shared/tools.js';

interface KeySource {
  readonly issuer: string;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
}

/** The public key of that name, or null when the issuer has none. */
export type FindKey = (kid: string) => Promise<CryptoKey | null>;

const FRESH_MS = 10 * 60_000;

const BETWEEN_FETCHES_MS = 30_000;

/** How long known keys outlive an issuer that does not answer. */
const KEPT_MS = 48 * 60 * 60_000;

const TIMEOUT_MS = 5_000;

const MAX_BYTES = 100 * 1024;

const KeySet = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().optional() })).max(100),
});

const SigningKey = z.object({
  kty: z.literal('RSA'),
  kid: z.string().min(1),
  n: z.string(),
  e: z.string(),
  use: z.literal('sig').optional(),
  alg: z.literal('RS256').optional(),
});

interface Known {
  keys: ReadonlyMap<string, CryptoKey>;
  loadedAt: number;
  triedAt: number;
  loading: Promise<void> | undefined;
  failure: unknown;
}

/**
 * Made-up key names cost one fetch in 30 s together, and an issuer that is down, empty or strange takes no known key away:
 * https://docs.github.com/actions/reference/security/oidc
 */
export function createSigningKeys(source: KeySource): FindKey {
  const known: Known = {
    keys: new Map(),
    loadedAt: Number.NEGATIVE_INFINITY,
    triedAt: Number.NEGATIVE_INFINITY,
    loading: undefined,
    failure: undefined,
  };
  return async (kid) => {
    const age = source.clock.now().getTime() - known.loadedAt;
    const key = age < KEPT_MS ? known.keys.get(kid) : undefined;
    if (key && age < FRESH_MS) return key;
    const loading = reload(known, source);
    if (key) return key;
    await loading;
    const loaded = known.keys.get(kid);
    if (!loaded && known.failure !== undefined) throw unreachable(known.failure);
    return loaded ?? null;
  };
}

function unreachable(cause: unknown): VitrineError {
  return new VitrineError(
    'unavailable',
    'The keys that prove who a workflow run is cannot be fetched: try again soon.',
    {
      cause,
    },
  );
}

/** At most one at a time, and one in 30 s. Never rejects. */
function reload(known: Known, source: KeySource): Promise<void> {
  const now = source.clock.now().getTime();
  if (known.loading) return known.loading;
  if (Math.abs(now - known.triedAt) < BETWEEN_FETCHES_MS) return Promise.resolve();
  known.triedAt = now;
  known.loading = fetchKeys(source)
    .then((keys) => Object.assign(known, { keys, loadedAt: now, failure: undefined }))
    .catch((failure: unknown) => Object.assign(known, { failure }))
    .then(() => void (known.loading = undefined));
  return known.loading;
}

async function fetchKeys({ issuer, fetch }: KeySource): Promise<ReadonlyMap<string, CryptoKey>> {
  const response = await fetch(`${issuer}/.well-known/jwks`, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' },
  });
  if (response.status !== 200) throw new Error(`The issuer answered ${response.status}.`);
  const { keys } = KeySet.parse(JSON.parse(await readBounded(response, MAX_BYTES)));
  const found = new Map<string, CryptoKey>();
  for (const candidate of keys) {
    const jwk = SigningKey.safeParse(candidate);
    if (!jwk.success) continue;
    const { kty, kid, n, e } = jwk.data;
    found.set(kid, (await importJWK({ kty, n, e }, 'RS256')) as CryptoKey);
  }
  if (found.size === 0) throw new Error('The issuer published no key that signs.');
  return found;
}

/** The text of an answer that may be of any length: reading stops, and the connection ends, where it is too long. */
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
