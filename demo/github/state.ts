import type { Account, Files, Json, PullRequest, Repository } from './documents.js';
import type { Actor } from './identity/actors.js';

export interface CheckRun extends Json {
  readonly id: number;
  readonly name: string;
  readonly head_sha: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly app: { readonly id: number; readonly slug: string };
}

export interface Deployment extends Json {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly transient_environment: boolean;
  readonly production_environment: boolean;
}

export interface WorkflowRun extends Json {
  readonly id: number;
  readonly head_sha: string;
  readonly event: string;
  readonly status: string;
  readonly conclusion: string | null;
}

export interface DeploymentStatus extends Json {
  readonly state: string;
}

/** What a person allowed the App: its tokens, of which a refresh replaces both. */
export interface Grant {
  readonly login: string;
  readonly access: string;
  readonly refresh: string;
  readonly refreshEndsAt: number;
}

interface AuthorizationCode {
  readonly login: string;
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly endsAt: number;
}

/** What belongs to one repository and is not kept by emulate. */
export interface RepositoryState {
  document: Repository;
  readonly branches: Map<string, string>;
  readonly collaborators: Map<string, string>;
  readonly pulls: Map<number, PullRequest>;
  readonly checkRuns: Map<number, CheckRun>;
  readonly annotations: Map<number, Json[]>;
  readonly deployments: Map<number, Deployment>;
  readonly deploymentStatuses: Map<number, DeploymentStatus[]>;
  readonly commitStatuses: Map<string, Json[]>;
  readonly workflowRuns: Map<number, WorkflowRun>;
}

export interface GitHubState {
  readonly repositories: Map<number, RepositoryState>;
  /** Former full names, lower case: GitHub redirects them. */
  readonly formerNames: Map<string, number>;
  /** Installation ids by account; an uninstalled App has none. */
  readonly installations: Map<string, number>;
  /** Ids of repositories that their installation does not reach. */
  readonly withheld: Set<number>;
  readonly accounts: Map<string, Account>;
  readonly actors: Map<string, Actor>;
  /** Files by commit, merge commits of pull requests included. */
  readonly files: Map<string, Files>;
  /** The commit that a commit was made on. */
  readonly parents: Map<string, string>;
  /** Head commit by merge commit, because emulate does not know the merge commits that we invent. */
  readonly mergeHeads: Map<string, string>;
  /** What a runner shows to be given an OIDC token, and the claims it will get. */
  readonly idTokenRequests: Map<string, Json>;
  /** Manifest codes work once. */
  readonly spentCodes: Set<string>;
  readonly oauth: { readonly codes: Map<string, AuthorizationCode>; readonly grants: Grant[] };
  nextId(): number;
}

export function createState(): GitHubState {
  // Large and not starting at 1, so that an id taken for another one is noticed.
  let lastId = 7_100_000;
  return {
    repositories: new Map(),
    formerNames: new Map(),
    installations: new Map(),
    withheld: new Set(),
    accounts: new Map(),
    actors: new Map(),
    files: new Map(),
    parents: new Map(),
    mergeHeads: new Map(),
    idTokenRequests: new Map(),
    spentCodes: new Set(),
    oauth: { codes: new Map(), grants: [] },
    nextId: () => (lastId += 7),
  };
}

export function createRepositoryState(document: Repository): RepositoryState {
  return {
    document,
    branches: new Map(),
    collaborators: new Map(),
    pulls: new Map(),
    checkRuns: new Map(),
    annotations: new Map(),
    deployments: new Map(),
    deploymentStatuses: new Map(),
    commitStatuses: new Map(),
    workflowRuns: new Map(),
  };
}

export function findRepository(state: GitHubState, fullName: string): RepositoryState | undefined {
  const wanted = fullName.toLowerCase();
  return [...state.repositories.values()].find((one) => one.document.full_name.toLowerCase() === wanted);
}

/** A branch, a full or short ref, `pull/N/head`, or a commit: the commit it stands for. */
export function resolveRef(repository: RepositoryState, ref: string): string | undefined {
  const name = decodeURIComponent(ref).replace(/^refs\//, '');
  const pull = /^pull\/(\d+)\/(head|merge)$/.exec(name);
  if (!pull) return repository.branches.get(name.replace(/^heads\//, '')) ?? commitOf(name);
  const document = repository.pulls.get(Number(pull[1]));
  return pull[2] === 'merge' ? (document?.merge_commit_sha ?? undefined) : document?.head.sha;
}

function commitOf(name: string): string | undefined {
  return /^[0-9a-f]{40}$/.test(name) ? name : undefined;
}
