import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Clock } from '../../../src/shared/tools.js';

/** GitHub takes ten minutes at most; a minute on each side is left for clocks that differ. */
const LIFETIME_S = 540;
const BACKDATE_S = 60;
const REUSE_S = 420;

/** Signs in as the App itself: good for little else than asking for installation tokens. */
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
    // Said below: the cause could quote the key.
  }
  throw new VitrineError(
    'internal',
    'The private key of the GitHub App cannot be read: PRIVATE_KEY must hold the whole PEM file that GitHub offered for download.',
  );
}
