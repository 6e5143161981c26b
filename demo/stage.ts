import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { envToConfig } from '../app/config/config.js';
import { envToSecrets } from '../app/config/secrets.js';
import { createApp, type App } from '../app/create-app.js';
import { runFor } from '../src/deployments/publish.js';
import type { EmulatedGitHub } from './github/emulated-github.js';
import type { GitHubOptions } from './github/options.js';
import { startGitHub } from './github/start-github.js';
import { createReviewer, type Reviewer } from './reviewer.js';
import { AS_PROCESSES, chooseRunner, type DockerOfMachine, type RunnerVariables } from './choose-runner.js';
import { readSite } from './site.js';
import type { Teller } from './teller.js';

export const REPOSITORY = 'acme/hello';
/** Of the second story: a program instead of files. */
export const GUESTBOOK = 'acme/guestbook';
export const AUTHOR = 'octavia';

/** What the demo runs on: the whole server, an emulated GitHub, and the view of a reviewer. */
export interface Stage {
  readonly app: App;
  readonly github: EmulatedGitHub;
  readonly reviewer: Reviewer;
  /** The top of this repository: where the Action and the examples are. */
  readonly root: string;
  readonly workDir: string;
  readonly teller: Teller;
  /** Where programs of previews run now. */
  programs(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly root: string;
  readonly port: number;
  readonly path: string;
  readonly teller: Teller;
  readonly github?: GitHubOptions;
  /** The engine of this machine, for the second story; it is left alone unless given. */
  readonly docker?: DockerOfMachine;
  /** Photographs the previews; none are unless given. */
  readonly chromium?: string;
}

export async function setStage({ root, port, path, teller, ...given }: StageOptions): Promise<Stage> {
  const workDir = await mkdtemp(join(tmpdir(), 'vitrine-demo-'));
  const guestbook = readSite(join(root, 'examples/guestbook'));
  const github = await teller.step(
    'The emulated GitHub is running: pull requests, checks, deployments, workflows',
    () =>
      startGitHub({
        ...given.github,
        users: [AUTHOR],
        repositories: [
          { fullName: REPOSITORY, files: readSite(join(root, 'examples/hello')) },
          { fullName: GUESTBOOK, files: guestbook },
        ],
      }),
  );
  teller.note(`at ${github.url}`);
  const leave = async () => {
    await github.close();
    await rm(workDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const manifest = String(guestbook['package.json']);
    const { docker } = given;
    const runner = docker ? await chooseRunner({ docker, manifest, teller }) : AS_PROCESSES;
    const dataDir = join(workDir, 'data');
    const { config, secrets, examine } = settings({ ...given, github, port, runner, dataDir });
    const app = await teller.step('Vitrine is running, with its own database', () =>
      createApp(config, secrets, {
        ...{ examine, env: { PATH: path } },
        // The story counts what is asked of GitHub: a sweep at a random moment is not part of it.
        firstSweepMs: 60 * 60_000,
        write: (line) => noteWay(teller, line),
      }),
    );
    github.webhooks.sendTo(`${app.url}/api/github/webhooks`);
    teller.note(`at ${app.url}`);
    const reviewer = createReviewer({ github, repository: REPOSITORY, login: AUTHOR });
    const programs = () => programsOf(app);
    const close = () => endPrograms(app).finally(() => app.close().finally(leave));
    return { app, github, reviewer, root, workDir, teller, programs, close };
  } catch (error) {
    await leave();
    throw error;
  }
}

interface Settings {
  readonly github: EmulatedGitHub;
  readonly port: number;
  readonly runner: RunnerVariables;
  readonly dataDir: string;
  readonly chromium?: string;
}

function settings({ github, port, runner, dataDir, chromium }: Settings) {
  const env = {
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    WEBHOOK_SECRET: github.app.webhookSecret,
    GITHUB_CLIENT_ID: github.app.clientId,
    GITHUB_CLIENT_SECRET: github.app.clientSecret,
    ADMINS: AUTHOR,
    GITHUB_API_URL: github.url,
    OIDC_ISSUER: github.oidc.url,
    PORT: String(port),
    DATA_DIR: dataDir,
    LOG_LEVEL: 'info',
    ...runner,
    // What the demo photographs is its own.
    ...(chromium && { SCREENSHOTS: 'on', CHROMIUM: chromium, CHROMIUM_SANDBOX: 'off' }),
    // The pages that the demo deploys elsewhere are on this machine.
    ALLOW_PRIVATE_ADDRESSES: 'localhost, 127.0.0.0/8, ::1',
  };
  const [config, secrets] = [envToConfig(env), envToSecrets(env)];
  const examine = async () => {
    const { examineServer } = await import('../app/cli/doctor/run-check.js');
    return examineServer({ env, config, secrets, problems: [], warnings: [] }, join(dataDir, '.env'));
  };
  return { config, secrets, examine };
}

/** What runs on this machine for previews. */
function startingTargets({ ports }: App) {
  const found = [];
  for (const target of ports.targets.values())
    if (target.runsIn === 'server' && target.starts)
      found.push({ target, run: runFor(ports, { target, configuration: null, about: 'demo' }) });
  return found;
}

async function programsOf(app: App): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { target, run } of startingTargets(app))
    for await (const handle of target.list(run)) found.push(target.identityOf(handle));
  return found;
}

/** Programs outlive their server, but not the demo. */
async function endPrograms(app: App): Promise<void> {
  for (const { target, run } of startingTargets(app))
    for await (const handle of target.list(run)) await target.destroy(handle, run);
}

/** Of the server's log the demo shows warnings, errors and which database the server found. */
function noteWay(teller: Teller, line: string): void {
  const [, level = '', message = ''] = /^\S+ (\w+) +(.*)$/.exec(line) ?? [];
  if (level === 'warn' || level === 'error') teller.note(`${level}: ${message.slice(0, 300)}`);
  else if (message.startsWith('database: ')) teller.note(message.slice(0, 300));
}
