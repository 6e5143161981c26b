import { accountSchema } from './documents.js';
import { ownersOf, startEmulate, userToken, type Emulate, type InstalledApp } from './emulate.js';
import { createRecorder } from './gateway/recorder.js';
import { githubValidator } from './openapi/validate.js';
import { createIssuer } from './identity/issuer.js';
import { rsaKeyPair } from './identity/keys.js';
import type { Permissions, ResolvedOptions } from './options.js';
import { accountDocument } from './account-document.js';
import { OIDC_PATH } from './routes/oidc.js';
import { createState, type GitHubState } from './state.js';
import { createWebhooks } from './webhooks/webhooks.js';
import type { World } from './world.js';

/** The App behind every GITHUB_TOKEN, with its real number. */
const GITHUB_ACTIONS = { id: 15_368, slug: 'github-actions', name: 'GitHub Actions' };

const EVERYTHING: Permissions = {
  metadata: 'read',
  actions: 'write',
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  issues: 'write',
  pull_requests: 'write',
  statuses: 'write',
};

export async function createWorld(options: ResolvedOptions, url: string): Promise<World> {
  const { clock } = options;
  const state = createState();
  // Read now, so that the first request is not the slow one.
  if (options.validation === 'on') githubValidator();
  const [apps, issuer] = await Promise.all([
    createApps(options),
    createIssuer({ url: (options.issuerBase ?? url) + OIDC_PATH, clock, key: options.oidcKey }),
  ]);
  const emulate = await startEmulate({ options, apps: Object.values(apps), publicUrl: url });
  await learnPeople({ state, emulate, url }, options);
  for (const [account, id] of Object.entries(apps.ours.installations)) state.installations.set(account, id);
  return {
    url,
    options,
    state,
    emulate,
    apps,
    issuer,
    webhooks: createWebhooks({ ...options, nextId: state.nextId }),
    recorder: createRecorder(clock),
    violations: [],
  };
}

async function createApps(options: ResolvedOptions): Promise<World['apps']> {
  const { app } = options;
  const privateKey = app.privateKey ?? (await rsaKeyPair('pkcs1')).privateKey;
  const owners = ownersOf(options);
  const { id, slug, name, permissions } = app;
  return {
    ours: { id, slug, name, permissions, privateKey, installations: numbered(owners, 51_000_001) },
    // One key for both: making one takes longer than starting all the rest, and this App's is never handed out.
    actions: {
      ...GITHUB_ACTIONS,
      permissions: EVERYTHING,
      privateKey,
      installations: numbered(owners, 61_000_001),
    },
  };
}

function numbered(owners: readonly string[], first: number): InstalledApp['installations'] {
  return Object.fromEntries(owners.map((owner, index) => [owner, first + index]));
}

interface Learning {
  readonly state: GitHubState;
  readonly emulate: Emulate;
  readonly url: string;
}

async function learnPeople({ state, emulate, url }: Learning, options: ResolvedOptions): Promise<void> {
  for (const login of options.users) {
    const path = `/users/${encodeURIComponent(login)}`;
    const { id } = accountSchema.parse(await emulate.as(login, { method: 'GET', path }));
    const type = login.endsWith('[bot]') ? 'Bot' : 'User';
    state.accounts.set(login, accountDocument(url, { login, id, type }));
    state.actors.set(userToken(login), { kind: 'user', login });
  }
}
