import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import type { PasswordAccounts } from '../../src/people/account-rules.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { LogLevel } from '../../src/shared/tools.js';
import { ACCOUNT_VARIABLES } from './accounts.js';
import { CONTAINER_VARIABLES, type ContainerConfig, toContainerConfig } from './containers.js';
import { SCREENSHOT_VARIABLES, type ScreenshotConfig, toScreenshotConfig } from './screenshots.js';
import { SIGN_IN_VARIABLES, type SignInConfig, toSignInConfig } from './sign-in.js';

export type Env = Readonly<Record<string, string | undefined>>;

/** Settings of the operator that may be shown. `Secrets` holds the others. */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** Undefined means `http://localhost:<port>`: the port is known only after listening. */
  readonly publicUrl: string | undefined;
  readonly previewDomain: string;
  readonly dataDir: string;
  readonly githubApiUrl: string;
  readonly oidcIssuer: string;
  readonly logLevel: LogLevel;
  readonly signIn: SignInConfig;
  /** GitHub logins and addresses of this server's administrators, in lower case. */
  readonly admins: readonly string[];
  /** So many days the logs of deployments are kept. */
  readonly logRetentionDays: number;
  /** How long webhooks are kept. */
  readonly deliveryRetention: { readonly payloadDays: number; readonly recordDays: number };
  /** The sender of mails; undefined when none are sent. */
  readonly mailFrom: string | undefined;
  readonly passwordAccounts: PasswordAccounts;
  /** Hosts and addresses of private networks that users may have this server ask. */
  readonly allowPrivateAddresses: readonly string[];
  readonly containers: ContainerConfig;
  /** The Action as workflows name it: `owner/repository@version`. */
  readonly action: string;
  /** What runs the programs of the target for Node servers; null for the container engine, if there is one. */
  readonly nodeRunner: 'process' | null;
  /** What photographs previews; null when none are photographed. */
  readonly screenshots: ScreenshotConfig | null;
}

const webAddress = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .transform((address) => address.replace(/\/+$/, ''));

const origin = webAddress.refine(
  (address) => new URL(address).origin === address.toLowerCase(),
  'must be an address without a path, such as https://vitrine.example.com',
);

const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';

const days = z
  .string()
  .regex(/^[1-9]\d{0,3}$/, 'must be a whole number of days from 1 to 9999')
  .transform(Number);

const Variables = z.object({
  NODE_ENV: z.string().optional(),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'must be an IP address or a host name')
    .default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a whole number from 0 to 65535')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a whole number from 0 to 65535')
    .default(3000),
  PUBLIC_URL: origin.optional(),
  PREVIEW_DOMAIN: z
    .string()
    .regex(new RegExp(`^${label}(\\.${label})*$`), 'must be a lower-case domain such as previews.example.com')
    .default('localhost'),
  DATA_DIR: z.string().default('.data'),
  GITHUB_API_URL: webAddress.default('https://api.github.com'),
  OIDC_ISSUER: webAddress.default('https://token.actions.githubusercontent.com'),
  DELIVERY_RETENTION_DAYS: days.default(30),
  DELIVERY_RECORD_DAYS: days.default(365),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error').default('info'),
  ...SIGN_IN_VARIABLES,
  LOG_RETENTION_DAYS: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, 'must be a whole number of days from 1 to 9999')
    .transform(Number)
    .default(90),
  ...ACCOUNT_VARIABLES,
  ...CONTAINER_VARIABLES,
  ...SCREENSHOT_VARIABLES,
  ACTION: z
    .string()
    .regex(/^[\w.-]+\/[\w./-]+@[\w./-]+$/, 'must be owner/repository@version, such as acme/preview-action@v1')
    .max(300)
    .default('your-org/preview-action@v1'),
  NODE_RUNNER: z.enum(['process'], 'must be process, or not set').optional(),
});

/** Throws one error that names every invalid variable. */
export function envToConfig(env: Env): Config {
  const read = Variables.safeParse(withoutEmpty(env));
  if (!read.success) throw unusable(read.error);
  const variables = read.data;
  return {
    production: variables.NODE_ENV === 'production',
    host: variables.HOST,
    port: variables.PORT,
    publicUrl: variables.PUBLIC_URL?.toLowerCase(),
    previewDomain: variables.PREVIEW_DOMAIN,
    dataDir: variables.DATA_DIR,
    githubApiUrl: variables.GITHUB_API_URL,
    oidcIssuer: variables.OIDC_ISSUER,
    logLevel: variables.LOG_LEVEL,
    signIn: toSignInConfig(variables),
    admins: variables.ADMINS,
    logRetentionDays: variables.LOG_RETENTION_DAYS,
    deliveryRetention: {
      payloadDays: variables.DELIVERY_RETENTION_DAYS,
      // A payload does not outlive its delivery.
      recordDays: Math.max(variables.DELIVERY_RECORD_DAYS, variables.DELIVERY_RETENTION_DAYS),
    },
    mailFrom: variables.MAIL_FROM,
    passwordAccounts: variables.PASSWORD_ACCOUNTS,
    allowPrivateAddresses: variables.ALLOW_PRIVATE_ADDRESSES,
    containers: toContainerConfig(variables),
    action: variables.ACTION,
    nodeRunner: variables.NODE_RUNNER ?? null,
    screenshots: toScreenshotConfig(variables),
  };
}

/** A variable that is set to nothing counts as not set: compose files pass every name they know. */
export function withoutEmpty(env: Env): Record<string, string> {
  const filled = Object.entries(env).flatMap(([name, value]) => {
    const trimmed = value?.trim();
    return trimmed ? [[name, trimmed] as const] : [];
  });
  return Object.fromEntries(filled);
}

/** Values are never repeated: a secret pasted under the wrong name would end up in a log. */
export function unusable(error: z.ZodError): VitrineError {
  const lines = error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  return new VitrineError('bad_request', `${lines.join('; ')}.`);
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare);
}

/** Variables of the process, and under them those of a `.env` file; a private key may lie in a file of its own. */
export async function readEnvironment({ env, file }: { env: Env; file: string }): Promise<Env> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new VitrineError(
      'bad_request',
      `${file} cannot be read: make it readable for the user that runs this.`,
    );
  });
  return withKeyFile({ ...parseEnv(text), ...withoutEmpty(env) });
}

async function withKeyFile(env: Env): Promise<Env> {
  const { PRIVATE_KEY: key, PRIVATE_KEY_PATH: path } = withoutEmpty(env);
  if (key !== undefined || path === undefined) return env;
  const pem = await readFile(path, 'utf8').catch(() => {
    throw new VitrineError('bad_request', `PRIVATE_KEY_PATH names ${path}, which cannot be read.`);
  });
  return { ...env, PRIVATE_KEY: pem };
}
