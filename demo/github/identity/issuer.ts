/** GitHub Actions as an OIDC issuer: https://docs.github.com/actions/reference/security/oidc */
import { createPublicKey, randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { Json } from '../documents.js';
import { signJwt } from './jwt.js';
import { pairOf, rsaKeyPair } from './keys.js';

/** Values that replace the usual ones; undefined takes a claim or a header field away. */
export interface TokenChanges {
  readonly claims?: Json;
  readonly header?: Json;
  /** PEM of another key, for a token that only pretends to be GitHub's. */
  readonly key?: string;
}

export interface Issuer {
  /** The `iss` claim; no trailing slash. */
  readonly url: string;
  readonly publicKey: string;
  readonly keyId: string;
  readonly configuration: Json;
  readonly keys: { readonly keys: readonly Json[] };
  /** Signs whatever it is given: the tests of refusals need tokens that GitHub would never issue. */
  sign(changes: TokenChanges): string;
}

/** GitHub's documentation shows tokens that live five minutes. */
const LIFETIME_S = 300;

interface IssuerOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly key: string | undefined;
}

export async function createIssuer({ url, clock, key: given }: IssuerOptions): Promise<Issuer> {
  const { privateKey, publicKey } = given === undefined ? await rsaKeyPair('pkcs8') : pairOf(given);
  const keyId = randomUUID();
  const jwk = {
    ...createPublicKey(publicKey).export({ format: 'jwk' }),
    kid: keyId,
    use: 'sig',
    alg: 'RS256',
  };
  return {
    url,
    publicKey,
    keyId,
    configuration: configurationOf(url),
    keys: { keys: [jwk] },
    sign: ({ claims, header, key = privateKey }) =>
      signJwt({
        header: { typ: 'JWT', alg: 'RS256', kid: keyId, ...header },
        claims: { jti: randomUUID(), iss: url, ...timesOf(clock), ...claims },
        privateKey: key,
        publicKey,
      }),
  };
}

function timesOf(clock: Clock): Json {
  const now = Math.floor(clock() / 1000);
  return { iat: now, nbf: now, exp: now + LIFETIME_S };
}

function configurationOf(url: string): Json {
  return {
    issuer: url,
    jwks_uri: `${url}/.well-known/jwks`,
    subject_types_supported: ['public', 'pairwise'],
    response_types_supported: ['id_token'],
    claims_supported: ['sub', 'aud', 'exp', 'iat', 'iss', 'jti', 'nbf', 'repository_id', 'run_id', 'sha'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid'],
  };
}
