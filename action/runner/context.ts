import { readFileSync } from 'node:fs';
import { VitrineError } from '../../src/shared/errors.js';
import type { RunRef } from '../../src/shared/run-ref.js';
import { field, numberAt, textAt } from '../http/json.js';

type Env = Readonly<Record<string, string | undefined>>;

export interface PullRequest {
  readonly number: number;
  /** The head commit. Not `GITHUB_SHA`, which is a merge commit that GitHub made. */
  readonly sha: string;
  readonly branch: string;
  readonly baseBranch: string;
  /** The head is in another repository, or in a deleted one: such a run has no secrets and no identity token. */
  readonly fork: boolean;
}

export interface Context {
  readonly event: string;
  readonly eventAction: string;
  readonly owner: string;
  readonly repo: string;
  readonly pullRequest: PullRequest | null;
  /** The head before this push; null when the event does not contain it. */
  readonly previousSha: string | null;
  readonly run: RunRef;
  readonly logsUrl: string;
  readonly apiUrl: string;
  readonly workspace: string;
}

const SHA = /^[0-9a-f]{40}$/;

/** Reads what the runner tells about this run. Values that the author of a pull request can choose never reach a shell. */
export async function readContext(env: Env, cwd: string): Promise<Context> {
  const [owner = '', repo = ''] = required(env, 'GITHUB_REPOSITORY').split('/');
  const event = readEvent(env['GITHUB_EVENT_PATH']);
  const run = {
    id: required(env, 'GITHUB_RUN_ID'),
    attempt: Number(env['GITHUB_RUN_ATTEMPT'] ?? 1),
    job: env['GITHUB_JOB'] || 'job',
  };
  return {
    event: required(env, 'GITHUB_EVENT_NAME'),
    eventAction: textAt(event, 'action') ?? '',
    owner,
    repo,
    pullRequest: pullRequestOf(event),
    previousSha: shaOrNull(textAt(event, 'before')),
    run,
    logsUrl: logsUrlOf(env),
    apiUrl: env['GITHUB_API_URL'] || 'https://api.github.com',
    workspace: env['GITHUB_WORKSPACE'] || cwd,
  };
}

/** Reads the pull request in an event or in an answer of GitHub's API; null when there is none. */
export function pullRequestOf(event: unknown): PullRequest | null {
  const pull = field(event, 'pull_request');
  const number = numberAt(pull, 'number');
  const sha = textAt(pull, 'head', 'sha');
  if (number === null || sha === null) return null;
  if (!SHA.test(sha))
    throw new VitrineError('bad_request', 'The event names no full commit SHA of the pull request.');
  const headRepo = numberAt(pull, 'head', 'repo', 'id');
  return {
    number,
    sha,
    branch: textAt(pull, 'head', 'ref') ?? '',
    baseBranch: textAt(pull, 'base', 'ref') ?? '',
    // GitHub's flag `fork` says that a repository is a fork, not that this pull request crosses repositories.
    fork: headRepo === null || headRepo !== numberAt(pull, 'base', 'repo', 'id'),
  };
}

function shaOrNull(text: string | null): string | null {
  return text !== null && SHA.test(text) ? text : null;
}

// Synchronous: nothing else happens before the first request, and `node:fs/promises` takes longer to load than this file to read.
function readEvent(path: string | undefined): unknown {
  if (!path) return {};
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (cause) {
    throw new VitrineError(
      'bad_request',
      'The event file of the runner (GITHUB_EVENT_PATH) cannot be read.',
      { cause },
    );
  }
}

function required(env: Env, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new VitrineError(
    'bad_request',
    `${name} is not set: this program runs as a step of a GitHub workflow.`,
  );
}

/** The URL of the log of this run; empty when the runner does not tell enough. */
export function logsUrlOf(env: Readonly<Record<string, string | undefined>>): string {
  const { GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
  if (!repository || !id) return '';
  const server = env['GITHUB_SERVER_URL'] || 'https://github.com';
  return `${server}/${repository}/actions/runs/${id}/attempts/${env['GITHUB_RUN_ATTEMPT'] || '1'}`;
}
