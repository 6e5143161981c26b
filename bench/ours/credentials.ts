import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** Made for one run, worth nothing after it. */
export interface Credentials {
  readonly appId: number;
  readonly privateKey: string;
  readonly secret: string;
}

export function makeCredentials(): Credentials {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { appId: 1, privateKey, secret: randomBytes(24).toString('hex') };
}

/** The variables under which every receiver finds them. */
export function asVariables({ appId, privateKey, secret }: Credentials): Record<string, string> {
  return { APP_ID: String(appId), PRIVATE_KEY: privateKey, WEBHOOK_SECRET: secret };
}
