import { setTimeout } from 'node:timers/promises';
import type { Clock } from './clock.js';
import type { Files } from './documents.js';
import type { PaceLimits } from './gateway/pace.js';

export type Level = 'read' | 'write' | 'admin';
export type Permissions = Readonly<Record<string, Level>>;

export interface RepositoryOptions {
  /** `owner/name`; an owner that is not among the users is an organisation. */
  readonly fullName: string;
  readonly files?: Files;
  readonly private?: boolean;
  /** What each user may do here; the first user of the emulator is an administrator everywhere. */
  readonly collaborators?: Readonly<Record<string, Level | 'triage' | 'maintain'>>;
}

export interface AppOptions {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  readonly webhookSecret: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where people may be sent back to; absent = anywhere, because the port of a test server is known late. */
  readonly callbackUrls?: readonly string[];
  /** Where deliveries go; absent = they are made and kept, not sent. */
  readonly webhookUrl?: string;
  /** PEM of an RSA key; absent = a fresh one. */
  readonly privateKey?: string;
}

/** All of it has defaults: `startGitHub({})` is one organisation, one repository, one App. */
export interface GitHubOptions {
  readonly port?: number;
  readonly clock?: Clock;
  readonly users?: readonly string[];
  readonly repositories?: readonly RepositoryOptions[];
  readonly app?: Partial<AppOptions>;
  /** PEM (PKCS#8) of the RSA key that signs the tokens of jobs; absent = a fresh one. */
  readonly oidcKey?: string;
  /** Where others reach this GitHub, when something stands in front of it: tokens of jobs name it as their issuer. */
  readonly issuerBase?: string;
  /** GitHub's pace limits are off unless given; `{}` means GitHub's own numbers. */
  readonly limits?: Partial<PaceLimits>;
  /** Checking every request and reply against GitHub's OpenAPI description; benchmarks turn it off. */
  readonly validation?: 'on' | 'off';
  /** How long GitHub waits for the answer to a delivery: ten seconds, which a busy machine may need more than. */
  readonly patienceMs?: number;
  /** Holds back the answers that a fault makes late. */
  readonly delay?: (ms: number) => Promise<unknown>;
}

export interface ResolvedOptions {
  readonly port: number;
  readonly clock: Clock;
  readonly users: readonly string[];
  readonly repositories: readonly RepositoryOptions[];
  readonly app: AppOptions;
  readonly oidcKey: string | undefined;
  readonly issuerBase: string | undefined;
  readonly limits: Partial<PaceLimits> | undefined;
  readonly validation: 'on' | 'off';
  readonly patienceMs: number;
  readonly delay: (ms: number) => Promise<unknown>;
}

const DEFAULT_APP: AppOptions = {
  id: 412_001,
  slug: 'vitrine-preview',
  name: 'Vitrine Preview',
  permissions: {
    metadata: 'read',
    contents: 'read',
    actions: 'read',
    pull_requests: 'write',
    checks: 'write',
    deployments: 'write',
    statuses: 'write',
    members: 'read',
  },
  events: [
    'pull_request',
    'check_run',
    'workflow_run',
    'repository',
    'push',
    'member',
    'team',
    'membership',
    'organization',
    'installation',
    'installation_repositories',
  ],
  webhookSecret: 'a-webhook-secret-of-the-emulated-github',
  clientId: 'Iv23li412001',
  clientSecret: 'client-secret-of-the-emulated-app',
};

const DEFAULT_REPOSITORY: RepositoryOptions = {
  fullName: 'acme/hello',
  files: { 'README.md': '# hello\n' },
};

export function resolveOptions(options: GitHubOptions): ResolvedOptions {
  return {
    port: options.port ?? 0,
    clock: options.clock ?? Date.now,
    users: options.users ?? ['octocat', 'hubot', 'stranger'],
    repositories: options.repositories ?? [DEFAULT_REPOSITORY],
    app: { ...DEFAULT_APP, ...options.app },
    oidcKey: options.oidcKey,
    issuerBase: options.issuerBase,
    limits: options.limits,
    validation: options.validation ?? 'on',
    patienceMs: options.patienceMs ?? 10_000,
    delay: options.delay ?? setTimeout,
  };
}
