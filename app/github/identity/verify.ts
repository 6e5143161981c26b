import { compactVerify, decodeJwt, decodeProtectedHeader, type CryptoKey } from 'jose';
import type { Identity } from '../../../src/runs/identity.js';
import type { Clock } from '../../../src/shared/tools.js';
import { type Purpose, readClaims, refused } from './claims.js';
import { createSigningKeys, type FindKey } from './signing-keys.js';

interface IdentityOptions {
  /** As it stands in `iss`: `https://token.actions.githubusercontent.com`, or that of a GitHub Enterprise Server. */
  readonly issuer: string;
  /** What the Action asks the token for: the address of this server. */
  readonly audience: string;
  readonly clock: Clock;
  readonly fetch?: typeof globalThis.fetch;
}

/** Proves the identity of a workflow run. The caller enforces that each token is used once. */
export interface IdentityVerifier {
  verify(token: string, purpose?: Purpose): Promise<Identity>;
}

const MAX_BYTES = 16 * 1024;
/** Three parts of base64url without padding, which all decoders read the same way. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Header fields that carry a key or require extensions; GitHub does not use them. */
const UNWANTED = ['crit', 'jku', 'jwk', 'x5u', 'x5c'];

/** Cheap checks come first, so that no key is fetched for a token of another issuer. */
export function createIdentity({
  issuer,
  audience,
  clock,
  fetch = globalThis.fetch,
}: IdentityOptions): IdentityVerifier {
  const findKey = createSigningKeys({ issuer, clock, fetch });
  return {
    async verify(token, purpose = 'deploy') {
      if (typeof token !== 'string' || token.length > MAX_BYTES) throw refused('it is too long');
      if (!COMPACT.test(token)) throw refused('it is not a signed token as GitHub Actions issues them');
      const kid = readHeader(token);
      if (readIssuer(token) !== issuer) throw refused('it comes from another issuer');
      const payload = await readSigned(token, await keyOf(findKey, kid));
      return readClaims(payload, { issuer, audience, now: clock.now(), purpose });
    },
  };
}

function readHeader(token: string): string {
  const header = undefinedOnError(() => decodeProtectedHeader(token));
  if (header?.alg !== 'RS256') throw refused('it is not signed with RS256');
  if (UNWANTED.some((field) => field in header)) throw refused('its header brings keys or rules of its own');
  if (typeof header.kid !== 'string' || header.kid === '') throw refused('it names no key');
  return header.kid;
}

function readIssuer(token: string): unknown {
  return undefinedOnError(() => decodeJwt(token))?.iss;
}

async function keyOf(findKey: FindKey, kid: string): Promise<CryptoKey> {
  const key = await findKey(kid);
  if (!key) throw refused('its issuer does not know the key it was signed with');
  return key;
}

async function readSigned(token: string, key: CryptoKey): Promise<unknown> {
  const verified = await compactVerify(token, key, { algorithms: ['RS256'] }).catch(() => undefined);
  if (!verified) throw refused('its signature is wrong');
  const payload: unknown = undefinedOnError(() =>
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(verified.payload)),
  );
  return payload;
}

/** Discards parser errors: they may quote the token, which must not reach a log. */
function undefinedOnError<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
