import { createHmac, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashToken } from '../../src/people/api-token.js';
import type { Overrides } from '../../app/compose/overrides.js';
import type { Config } from '../../app/config/config.js';
import type { Secrets } from '../../app/config/secrets.js';
import { type App, createApp } from '../../app/create-app.js';
import { appKey } from './run-keys.js';
import { migratedDatabase } from './test-database.js';

export const WEBHOOK_SECRET = 'a webhook secret of the tests';
/** A sweep at a random moment would be among the calls that a test counts. */
const NOT_DURING_A_TEST = 60 * 60_000;

export interface StartOptions extends Overrides {
  readonly config?: Partial<Config>;
  readonly secrets?: Partial<Secrets>;
}

export interface Delivered {
  readonly event: string;
  readonly payload: unknown;
  readonly guid?: string;
  readonly secret?: string;
}

export interface TestApp extends App {
  /** Log lines so far. */
  readonly lines: readonly string[];
  readonly dataDir: string;
  readonly operatorToken: string;
  /** Sends a webhook as GitHub would. */
  deliver(delivery: Delivered): Promise<Response>;
  /** Asks the API, as an operator unless another token is given. */
  api(path: string, init?: RequestInit & { readonly token?: string | null }): Promise<Response>;
}

/** The real server on a free port with a database and a data directory of its own. GitHub is not there unless its address is given. */
export async function startApp({ config, secrets, ...overrides }: StartOptions = {}): Promise<TestApp> {
  const database = migratedDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-app-'));
  const lines: string[] = [];
  const app = await createApp(
    { ...CONFIG, dataDir, ...config },
    {
      appId: 1,
      privateKey: appKey(),
      webhookSecrets: [WEBHOOK_SECRET],
      mongodbUri: database.uri,
      signIn: { github: undefined, google: undefined, openId: undefined },
      ...secrets,
    },
    { write: (line) => lines.push(line), firstSweepMs: NOT_DURING_A_TEST, ...overrides },
  );
  const operatorToken = `vto_${randomUUID()}`;
  const scope = { kind: 'operator', name: 'tests' } as const;
  await app.ports.tokens.issue({ hash: hashToken(operatorToken), scope, expiresAt: null });
  return {
    ...app,
    lines,
    dataDir,
    operatorToken,
    deliver: (delivery) => deliver(app.url, delivery),
    api: (path, { token = operatorToken, ...init } = {}) =>
      fetch(`${app.url}${path}`, {
        ...init,
        headers: { ...(token && { authorization: `Bearer ${token}` }), ...init.headers },
      }),
    async close() {
      await app.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const CONFIG: Omit<Config, 'dataDir'> = {
  production: false,
  host: '127.0.0.1',
  port: 0,
  publicUrl: undefined,
  previewDomain: 'localhost',
  // Port 9 is never listened on: a call to GitHub fails at once.
  githubApiUrl: 'http://127.0.0.1:9',
  oidcIssuer: 'http://127.0.0.1:9',
  logLevel: 'info',
  signIn: { github: null, google: null, openId: null },
  admins: [],
  logRetentionDays: 90,
  deliveryRetention: { payloadDays: 30, recordDays: 365 },
  mailFrom: undefined,
  passwordAccounts: 'off',
  // The hosts that tests deploy to and send to are on this machine.
  allowPrivateAddresses: ['localhost', '127.0.0.0/8', '::1'],
  // The developer's own engine is none of a test's business.
  containers: {
    dockerHost: 'off',
    dockerConfig: undefined,
    tlsVerify: false,
    certPath: undefined,
    path: '',
    ports: '30000-39999',
    server: undefined,
    network: '10.213.0.0/16',
    memoryBytes: 1024 ** 3,
    cpus: 1,
    nodeImage: 'node:{version}-slim',
    registryHost: undefined,
    databaseImages: 'docker.io/library/',
  },
  action: 'your-org/preview-action@v1',
  nodeRunner: null,
  screenshots: null,
};

/** Sends a webhook as GitHub would. */
export function deliver(
  url: string,
  { event, payload, guid = randomUUID(), secret = WEBHOOK_SECRET }: Delivered,
): Promise<Response> {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return fetch(`${url}/api/github/webhooks`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': guid,
      'x-hub-signature-256': sign(body, secret),
    },
    body,
  });
}

export function sign(body: string | Uint8Array, secret = WEBHOOK_SECRET): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
