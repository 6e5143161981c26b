import { generateKeyPairSync } from 'node:crypto';

let key: string | undefined;

/** A private key of a GitHub App, made once for all tests of a file. */
export function appKey(): string {
  key ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  return key;
}
