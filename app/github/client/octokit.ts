import { createPrivateKey, type KeyObject } from 'node:crypto';
import { request } from '@octokit/request';
import { SignJWT } from 'jose';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Clock, Log } from '../../../src/shared/tools.js';
import { createFetch } from './fetch.js';

interface OctokitOptions {
  readonly apiUrl: string;
  readonly userAgent: string;
  readonly log: Log;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly data: unknown;
}

/** One HTTP request as Octokit does it: URL template, JSON, errors with status and headers. */
export type RawRequest = (route: string, parameters: Readonly<Record<string, unknown>>) => Promise<RawAnswer>;

/** The newest dated version whose answers our schemas were written for. */
const API_VERSION = '2022-11-28';

/**
 * Octokit's request without its plugins. The retry plugin sends a POST again after a 502, and throttling leaves a second between any two
 * writes and three between comments; ours are in call.ts and pacing.ts. The token is a header of each request.
 */
export function createRawRequest({ apiUrl, userAgent, log }: OctokitOptions): RawRequest {
  const send = request.defaults({
    baseUrl: apiUrl.replace(/\/$/, ''),
    headers: { 'user-agent': userAgent, 'x-github-api-version': API_VERSION },
    request: { fetch: createFetch(), log: { warn: (message: string) => log('warn', message) } },
  });
  return (route, parameters) => send(route, parameters);
}

/** GitHub takes ten minutes at most; a minute on each side is left for clocks that differ. */
const LIFETIME_S = 540;

const BACKDATE_S = 60;

const REUSE_S = 420;

/** Creates JWTs that authenticate as the App, mainly to request installation tokens. */
export function createAppJwt({
  appId,
  privateKey,
  clock,
}: {
  readonly appId: number;
  readonly privateKey: string;
  readonly clock: Clock;
}): () => Promise<string> {
  const key = readKey(privateKey);
  let made: { readonly jwt: Promise<string>; readonly at: number } | undefined;
  return () => {
    const now = Math.floor(clock.now().getTime() / 1000);
    if (!made || now - made.at > REUSE_S || now < made.at) made = { jwt: sign({ appId, key, now }), at: now };
    return made.jwt;
  };
}

function sign({ appId, key, now }: { appId: number; key: KeyObject; now: number }): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(String(appId))
    .setIssuedAt(now - BACKDATE_S)
    .setExpirationTime(now + LIFETIME_S)
    .sign(key);
}

function readKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // No cause in the error below: it could quote the key.
  }
  throw new VitrineError(
    'internal',
    'The private key of the GitHub App cannot be read: PRIVATE_KEY must hold the whole PEM file that GitHub offered for download.',
  );
}
