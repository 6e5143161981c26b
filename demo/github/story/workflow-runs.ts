import { randomUUID } from 'node:crypto';
import { CHECK, type CheckConclusion } from '../../../src/shared/status/github.js';
import { githubTime } from '../clock.js';
import { without, type Json, type PullRequest } from '../documents.js';
import { mintToken } from '../identity/app-tokens.js';
import { claimsOf } from '../identity/claims.js';
import type { Permissions } from '../options.js';
import { workflowRunDocument } from '../routes/workflow-run-document.js';
import type { RepositoryState, WorkflowRun } from '../state.js';
import type { Delivery } from '../webhooks/delivery.js';
import { payloadOf } from '../webhooks/payload.js';
import { workflowRunEvent } from '../webhooks/workflow-run-event.js';
import type { World } from '../world.js';
import { existing } from './repositories.js';
import type { RunContext } from './run-context.js';

export interface StartRun {
  readonly repository: string;
  readonly number: number;
  /** The pull request's event that started it, as a payload; absent = `opened` or `synchronize` with today's state. */
  readonly event?: Json;
  readonly eventName?: string;
  readonly job?: string;
  readonly workflow?: string;
  /** The `permissions:` of the job; forks get read at most. */
  readonly permissions?: Permissions;
  /** The end of the pull request started it. */
  readonly closed?: boolean;
  /** Started by a person, on the default branch. */
  readonly byHand?: boolean;
  /** The same run again: attempt 2 of this id. */
  readonly rerunOf?: RunContext;
}

const JOB_PERMISSIONS: Permissions = { contents: 'read', 'id-token': 'write' };

/** A workflow run for the current head of a pull request, queued and at once in progress. */
export async function startRun(world: World, options: StartRun): Promise<RunContext> {
  const repository = existing(world, options.repository);
  const pull = repository.pulls.get(options.number);
  if (!pull) throw new Error(`${options.repository} has no pull request ${options.number}: open it first.`);
  const isFork = pull.head.repo?.id !== repository.document.id;
  const permissions = granted(options.permissions ?? JOB_PERMISSIONS, isFork ? 'fork' : 'own');
  const run = contextOf(world, { options, repository, pull });
  const withTokens = { ...run, ...(await tokensFor(world, run, permissions)) };
  repository.workflowRuns.set(run.id, workflowRunDocument(world, withTokens, pull));
  tellOf(world, withTokens, 'requested');
  setRun(withTokens, { status: CHECK.inProgress });
  tellOf(world, withTokens, CHECK.inProgress);
  return withTokens;
}

export function finishRun(world: World, run: RunContext, conclusion: CheckConclusion): Delivery {
  setRun(run, { status: CHECK.completed, conclusion, updated_at: githubTime(world.options.clock) });
  return tellOf(world, run, CHECK.completed);
}

// https://docs.github.com/actions/reference/security/securely-using-pull_request_target
function granted(wanted: Permissions, origin: 'fork' | 'own'): Permissions {
  if (origin === 'own') return wanted;
  const reading = Object.keys(wanted).filter((name) => name !== 'id-token');
  return Object.fromEntries(reading.map((name) => [name, 'read'] as const));
}

interface Starting {
  readonly options: StartRun;
  readonly repository: RepositoryState;
  readonly pull: PullRequest;
}

type RunWithoutTokens = Omit<RunContext, 'token' | 'idToken'>;

function contextOf(world: World, { options, repository, pull }: Starting): RunWithoutTokens {
  const name = options.workflow ?? 'preview';
  const earlier = options.rerunOf;
  return {
    id: earlier?.id ?? world.state.nextId(),
    number: earlier?.number ?? repository.workflowRuns.size + 1,
    attempt: (earlier?.attempt ?? 0) + 1,
    checkRunId: world.state.nextId(),
    repository,
    eventName: options.eventName ?? (options.byHand ? 'workflow_dispatch' : 'pull_request'),
    event: options.byHand
      ? {}
      : (options.event ?? eventOf(world, { repository, pull, closed: options.closed })),
    sha: pull.merge_commit_sha ?? pull.head.sha,
    ref: refOf({ options, repository, pull }),
    headRef: pull.head.ref,
    baseRef: pull.base.ref,
    actor: pull.user,
    workflow: { id: 9_000_001, name, path: `.github/workflows/${name}.yml` },
    job: options.job ?? 'preview',
    githubUrl: world.url,
  };
}

/** A run that a merge started belongs to the branch that was merged into, not to the pull request. */
function refOf({ options, repository, pull }: Starting): string {
  if (options.byHand) return `refs/heads/${repository.document.default_branch}`;
  return options.closed && pull.merged ? `refs/heads/${pull.base.ref}` : `refs/pull/${pull.number}/merge`;
}

/** The event file of a run looks like the webhook, without `installation`. */
function eventOf(
  world: World,
  { repository, pull, closed }: Omit<Starting, 'options'> & { readonly closed: boolean | undefined },
): Json {
  const fields = { number: pull.number, pull_request: pull };
  const pushed = pull.created_at === pull.updated_at ? 'opened' : 'synchronize';
  const action = closed ? 'closed' : pushed;
  const happening = { event: 'pull_request', action, repository, sender: pull.user, fields };
  return without(payloadOf(world, happening), 'installation');
}

async function tokensFor(
  world: World,
  run: RunWithoutTokens,
  permissions: Permissions,
): Promise<Pick<RunContext, 'token' | 'idToken'>> {
  const { document } = run.repository;
  const { 'id-token': identity, ...apiPermissions } = permissions;
  const minted = await mintToken(world.emulate, {
    app: world.apps.actions,
    account: document.owner.login,
    repositoryId: document.id,
    permissions: { metadata: 'read', ...apiPermissions },
    now: world.options.clock(),
  });
  world.state.actors.set(minted.token, minted.actor);
  if (identity !== 'write') return { token: minted.token, idToken: undefined };
  const requestToken = randomUUID();
  world.state.idTokenRequests.set(requestToken, claimsOf({ ...run, token: '', idToken: undefined }));
  // A query must be there already: the toolkit appends `&audience=`.
  const requestUrl = `${world.url}/actions/runs/${run.id}/idtoken?api-version=2.0`;
  return { token: minted.token, idToken: { requestUrl, requestToken } };
}

function setRun({ repository, id }: RunContext, changes: Partial<WorkflowRun>): void {
  const run = repository.workflowRuns.get(id);
  if (run) repository.workflowRuns.set(id, { ...run, ...changes } as WorkflowRun);
}

function tellOf(world: World, { repository, id }: RunContext, action: string): Delivery {
  const run = repository.workflowRuns.get(id);
  if (!run) throw new Error(`${repository.document.full_name} has no workflow run ${id}: start it first.`);
  return workflowRunEvent(world, { repository, run, action });
}
