import { generateKeyPair } from 'node:crypto';
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
