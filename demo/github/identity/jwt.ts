/** Signs without judging, unlike a JWT library: `alg: none`, HS256 under the public key and unknown `crit` must be makeable. */
import { createHmac, createSign } from 'node:crypto';
import type { Json } from '../documents.js';

interface Unsigned {
  readonly header: Json;
  readonly claims: Json;
  readonly privateKey: string;
  readonly publicKey: string;
}

export function signJwt({ header, claims, privateKey, publicKey }: Unsigned): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  if (header.alg === 'none') return `${signed}.`;
  if (header.alg === 'HS256')
    return `${signed}.${createHmac('sha256', publicKey).update(signed).digest('base64url')}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
}

function encode(part: Json): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
