import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { parseKeys } from '../../src/secrets/keys.js';
import { VitrineError } from '../../src/shared/errors.js';
import { MAIL_SECRET_VARIABLES, missingForMail } from './accounts.js';
import { unusable, withoutEmpty, type Env } from './config.js';
import {
  missingForSignIn,
  SIGN_IN_SECRET_VARIABLES,
  type SignInSecrets,
  toSignInSecrets,
} from './sign-in.js';

/** Never logged or shown. The App's id is not secret, but belongs to the other two. */
export interface Secrets {
  readonly appId: number;
  readonly privateKey: string;
  /** The second, if set, is the previous secret, accepted during a rotation. */
  readonly webhookSecrets: readonly [string, ...string[]];
  /** Of GitLab and Bitbucket, whose webhooks are kept for audit; off where nothing is set. */
  readonly others?:
    | {
        readonly gitlabToken?: string | undefined;
        readonly gitlabSigningToken?: string | undefined;
        readonly bitbucketSecret?: string | undefined;
      }
    | undefined;
  /** May hold a password. */
  readonly mongodbUri: string | undefined;
  /** See `src/secrets/keys.ts`; absent until `openEncryptionKeys` has found them. */
  readonly encryptionKeys?: string | undefined;
  /** With which this server signs people in at other websites. */
  readonly signIn: SignInSecrets;
  /** Of the mail server; may hold a password. */
  readonly smtpUrl?: string | undefined;
}

/** What a GitHub App gives its operator; all three or none. */
export const CREDENTIALS = ['APP_ID', 'PRIVATE_KEY', 'WEBHOOK_SECRET'] as const;

/** Well-known default secrets; the first is Probot's. */
const WELL_KNOWN = ['development', 'secret', 'changeme', 'password'];

const webhookSecret = z
  .string()
  .refine(
    (secret) => !WELL_KNOWN.includes(secret.toLowerCase()),
    'is a publicly known default: run "openssl rand -hex 32" and use its output',
  )
  .refine(
    (secret) => secret.length >= 16,
    'is too short: it must have at least 16 characters; run "openssl rand -hex 32"',
  );

const Variables = z.object({
  APP_ID: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'must be the number that GitHub shows as "App ID"')
    .transform(Number),
  PRIVATE_KEY: z
    .string()
    .transform(toPem)
    .refine(isPrivateKey, 'is not a private key: it must be the whole .pem file that GitHub gave you'),
  WEBHOOK_SECRET: webhookSecret,
  WEBHOOK_SECRET_PREVIOUS: webhookSecret.optional(),
  ENCRYPTION_KEYS: z.string().optional(),
  ...SIGN_IN_SECRET_VARIABLES,
  GITLAB_WEBHOOK_TOKEN: webhookSecret.optional(),
  GITLAB_SIGNING_TOKEN: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be a signing token of GitLab: whsec_ and base64')
    .optional(),
  BITBUCKET_WEBHOOK_SECRET: webhookSecret.optional(),
  ...MAIL_SECRET_VARIABLES,
});

/** The variables that must never be shown. */
export const SECRET_VARIABLES: readonly string[] = [
  ...Object.keys(Variables.shape).filter((name) => name !== 'APP_ID'),
  'MONGODB_URI',
];

/** Which of the App's credentials are not set. */
export function missingCredentials(env: Env): readonly (typeof CREDENTIALS)[number][] {
  const filled = withoutEmpty(env);
  return CREDENTIALS.filter((name) => !filled[name]);
}

export function envToSecrets(env: Env): Secrets {
  const filled = withoutEmpty(env);
  const missing = [...missingCredentials(env), ...missingForSignIn(filled), ...missingForMail(filled)];
  if (missing.length > 0) throw notSet(missing);
  const read = Variables.safeParse(filled);
  if (!read.success) throw unusable(read.error);
  const { APP_ID, PRIVATE_KEY, WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS, ENCRYPTION_KEYS } = read.data;
  const { GITLAB_WEBHOOK_TOKEN, GITLAB_SIGNING_TOKEN, BITBUCKET_WEBHOOK_SECRET } = read.data;
  if (ENCRYPTION_KEYS !== undefined) parseKeys(ENCRYPTION_KEYS);
  return {
    appId: APP_ID,
    privateKey: PRIVATE_KEY,
    webhookSecrets: [WEBHOOK_SECRET, ...(WEBHOOK_SECRET_PREVIOUS ? [WEBHOOK_SECRET_PREVIOUS] : [])],
    others: {
      gitlabToken: GITLAB_WEBHOOK_TOKEN,
      gitlabSigningToken: GITLAB_SIGNING_TOKEN,
      bitbucketSecret: BITBUCKET_WEBHOOK_SECRET,
    },
    mongodbUri: envToDatabaseUri(env),
    encryptionKeys: ENCRYPTION_KEYS,
    signIn: toSignInSecrets(read.data),
    smtpUrl: read.data.SMTP_URL,
  };
}

export function envToDatabaseUri(env: Env): string | undefined {
  const uri = withoutEmpty(env)['MONGODB_URI'];
  if (uri === undefined || /^mongodb(\+srv)?:\/\/./.test(uri)) return uri;
  throw new VitrineError('bad_request', 'MONGODB_URI must begin with mongodb:// or mongodb+srv://.');
}

function notSet(missing: readonly string[]): VitrineError {
  const names = missing.map((name) => (name === 'PRIVATE_KEY' ? 'PRIVATE_KEY (or PRIVATE_KEY_PATH)' : name));
  return new VitrineError(
    'bad_request',
    `${names.join(', ')} not set: copy .env.example to .env and fill it in.`,
  );
}

/** Env files may not hold line breaks, so a key may have escaped `\n` or be base64. */
function toPem(key: string): string {
  if (key.includes('-----BEGIN')) return key.replaceAll('\\n', '\n');
  return Buffer.from(key, 'base64').toString('utf8');
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
