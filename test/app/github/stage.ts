import { ProbotOctokit } from 'probot';
import {
  createGitHub,
  createViews,
  type GitHubOptions,
  type GitHubSide,
} from '../../../app/github/create-github.js';
import type { EmulatedGitHub } from '../../../demo/github/emulated-github.js';
import type { GitHubOptions as EmulatorOptions } from '../../../demo/github/options.js';
import { startTestGitHub } from '../../support/start-test-github.js';
import type { RepoRef } from '../../../src/repositories/model.js';
import type { LogLevel } from '../../../src/shared/tools.js';
import { refuseViolations } from '../../support/refuse-violations.js';

export interface Stage extends GitHubSide {
  readonly emulated: EmulatedGitHub;
  readonly repo: RepoRef;
  readonly number: number;
  readonly sha: string;
  readonly logged: { level: LogLevel; message: string }[];
  /** Sees the repository as its owner does. */
  readonly octokit: InstanceType<typeof ProbotOctokit>;
  /** Moves our clock and GitHub's. */
  advance(ms: number): void;
  close(): Promise<void>;
}

export const REPOSITORY = 'acme/hello';
const views = createViews();

interface StageOptions {
  readonly emulator?: EmulatorOptions;
  readonly side?: Partial<GitHubOptions>;
  /** Time goes by only with `advance`. */
  readonly frozen?: boolean;
}

/** Our side of GitHub before an emulated one, with one open pull request. */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  let ahead = 0;
  const start = Date.now();
  const now = () => (options.frozen ? start : Date.now()) + ahead;
  const emulated = await startTestGitHub({ clock: now, ...options.emulator });
  const { pullRequest } = await emulated.openPullRequest({ repository: REPOSITORY, head: 'bigger-buttons' });
  const logged: Stage['logged'] = [];
  const side = createGitHub({
    auth: { appId: emulated.app.id, privateKey: emulated.app.privateKey },
    apiUrl: emulated.url,
    userAgent: 'vitrine/test',
    log: (level, message) => void logged.push({ level, message }),
    clock: { now: () => new Date(now()) },
    views,
    readPausesMs: [1, 1],
    ...options.side,
  });
  return {
    ...side,
    emulated,
    logged,
    octokit: octokitFor(emulated),
    repo: repoRef(emulated),
    number: pullRequest.number,
    sha: pullRequest.head.sha,
    advance: (ms) => void (ahead += ms),
    async close() {
      await emulated.close();
      refuseViolations(emulated);
    },
  };
}

function repoRef(emulated: EmulatedGitHub): RepoRef {
  const [first] = emulated.state.repositories.values();
  const installationId = emulated.installationId('acme');
  if (!first || installationId === undefined)
    throw new Error('The emulated GitHub has no repository with the App.');
  return { installationId, repoId: first.document.id, fullName: REPOSITORY };
}

function octokitFor(emulated: EmulatedGitHub): InstanceType<typeof ProbotOctokit> {
  return new ProbotOctokit({
    baseUrl: emulated.url,
    auth: { token: emulated.userToken('octocat') },
    retry: { enabled: false },
    throttle: { enabled: false },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
}
