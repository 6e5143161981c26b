import { createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Apps get PKCS#1 keys from GitHub; Probot and jose read this form as well as PKCS#8. */
export async function rsaKeyPair(type: 'pkcs1' | 'pkcs8'): Promise<KeyPair> {
  return await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type, format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

/** Making a pair takes longer than starting all the rest of this GitHub: tests make one and give it to each. */
export function pairOf(privateKey: string): KeyPair {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  return { privateKey, publicKey };
}
