import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Overrides } from '../../app/compose/overrides.js';
import { type Config, envToConfig } from '../../app/config/config.js';
import { envToSecrets, type Secrets } from '../../app/config/secrets.js';
import { type App, createApp } from '../../app/create-app.js';
import type { EmulatedGitHub } from '../../demo/github/emulated-github.js';
import type { GitHubOptions } from '../../demo/github/options.js';
import { startTestGitHub } from './start-test-github.js';
import { createReviewer, type Reviewer } from '../../demo/reviewer.js';
import { endProgramsIn } from './programs.js';
import { refuseViolations } from './refuse-violations.js';
import { migratedDatabase } from './test-database.js';

export const REPOSITORY = 'acme/hello';
export const AUTHOR = 'octavia';
/** A sweep at a random moment would be among the calls that a test counts. */
const NOT_DURING_A_TEST = 60 * 60_000;

/** The real App with a database of its own, an emulated GitHub, and somebody who looks at the pull requests. */
export interface World extends AsyncDisposable {
  readonly app: App;
  readonly github: EmulatedGitHub;
  readonly reviewer: Reviewer;
  readonly webhookUrl: string;
  readonly dataDir: string;
  readonly mongodbUri: string;
  readonly logLines: readonly string[];
  /** Until no delivery is under way, none is unread, and nothing is due. */
  drain(): Promise<void>;
  repoId(): number;
}

export interface WorldOptions {
  readonly github?: GitHubOptions;
  readonly overrides?: Overrides;
  readonly files?: Readonly<Record<string, string>>;
  /** When something stands in front of the App. */
  readonly publicUrl?: string;
  /** GitHub logins and addresses, as the operator writes them. */
  readonly admins?: string;
  /** Ways of signing in beside GitHub; a free port is chosen unless they need to know it. */
  readonly signIn?: {
    readonly port: number;
    readonly config: Partial<Config['signIn']>;
    readonly secrets: Partial<Secrets['signIn']>;
    readonly passwordAccounts?: Config['passwordAccounts'];
  };
  /** What else the operator sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Only warnings are logged unless given. */
  readonly logLevel?: 'info';
  /** Something between the App and GitHub. */
  readonly between?: { readonly url: string; leadTo(url: string): void };
}

export async function startWorld({
  github: options = {},
  overrides = {},
  files,
  publicUrl,
  admins,
  signIn,
  logLevel,
  between,
  env: given = {},
}: WorldOptions = {}): Promise<World> {
  const database = migratedDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-world-'));
  const github = await startTestGitHub({
    users: [AUTHOR],
    repositories: [{ fullName: REPOSITORY, files: files ?? { 'index.html': '<h1>Hello</h1>\n' } }],
    ...options,
  });
  const logLines: string[] = [];
  const env = { ...environmentFor({ github, dataDir, mongodbUri: database.uri }), ...given };
  if (publicUrl !== undefined) env['PUBLIC_URL'] = publicUrl;
  if (admins !== undefined) env['ADMINS'] = admins;
  if (logLevel !== undefined) env['LOG_LEVEL'] = logLevel;
  if (between) env['GITHUB_API_URL'] = between.url;
  between?.leadTo(github.url);
  const { config, secrets } = withSignIn({ config: envToConfig(env), secrets: envToSecrets(env) }, signIn);
  const app = await createApp(config, secrets, {
    write: (line) => void logLines.push(line),
    // An hour of GitHub's patience would pass here in a minute.
    pace: (_installation, { run }) => run(),
    firstSweepMs: NOT_DURING_A_TEST,
    async examine() {
      const { examineServer } = await import('../../app/cli/doctor/run-check.js');
      return examineServer({ env, config, secrets, problems: [], warnings: [] }, join(dataDir, '.env'));
    },
    ...overrides,
  });
  const webhookUrl = `http://localhost:${app.port}/api/github/webhooks`;
  github.webhooks.sendTo(webhookUrl);
  return {
    app,
    github,
    webhookUrl,
    dataDir,
    mongodbUri: database.uri,
    logLines,
    reviewer: createReviewer({ github, repository: REPOSITORY, login: AUTHOR }),
    repoId: () => [...github.state.repositories.values()][0]?.document.id ?? 0,
    async drain() {
      await github.webhooks.settled();
      await app.drain();
    },
    async [Symbol.asyncDispose]() {
      await app.close();
      await endProgramsIn(dataDir);
      await github.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
      refuseViolations(github);
    },
  };
}

function withSignIn(
  given: { readonly config: Config; readonly secrets: Secrets },
  signIn: WorldOptions['signIn'],
): { readonly config: Config; readonly secrets: Secrets } {
  if (!signIn) return given;
  const { config, secrets } = given;
  return {
    config: {
      ...config,
      port: signIn.port,
      passwordAccounts: signIn.passwordAccounts ?? config.passwordAccounts,
      signIn: { ...config.signIn, ...signIn.config },
    },
    secrets: { ...secrets, signIn: { ...secrets.signIn, ...signIn.secrets } },
  };
}

/** Other settings on the default branch, once the server has heard of them: it takes up the webhooks of one moment in any order. */
export async function pushSettings(world: World, settings: string): Promise<void> {
  const files = { '.github/preview.yml': settings };
  await world.github.push({ repository: REPOSITORY, branch: 'main', files });
  await world.drain();
}

type Opening = Partial<Parameters<EmulatedGitHub['openPullRequest']>[0]>;

/** A pull request of the branch `change` unless said otherwise, once everything about it is done. */
export async function openPullRequest(
  world: World,
  options: Opening = {},
): Promise<{ readonly number: number; readonly sha: string }> {
  const opening = { repository: REPOSITORY, head: 'change', ...options };
  const { pullRequest } = await world.github.openPullRequest(opening);
  await world.drain();
  return { number: pullRequest.number, sha: pullRequest.head.sha };
}

export interface AppSettings {
  readonly github: EmulatedGitHub;
  readonly dataDir: string;
  readonly mongodbUri: string;
  readonly port?: number;
}

/** The environment variables of an App that talks to this GitHub. */
export function environmentFor({
  github,
  dataDir,
  mongodbUri,
  port = 0,
}: AppSettings): Record<string, string> {
  return {
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    WEBHOOK_SECRET: github.app.webhookSecret,
    GITHUB_CLIENT_ID: github.app.clientId,
    GITHUB_CLIENT_SECRET: github.app.clientSecret,
    GITHUB_API_URL: github.url,
    OIDC_ISSUER: github.oidc.url,
    MONGODB_URI: mongodbUri,
    DATA_DIR: dataDir,
    PORT: String(port),
    LOG_LEVEL: 'warn',
    // The developer's own engine is none of a test's business.
    DOCKER_HOST: 'off',
    NODE_RUNNER: 'process',
    // The hosts that tests deploy to are on this machine.
    ALLOW_PRIVATE_ADDRESSES: 'localhost, 127.0.0.0/8',
  };
}
