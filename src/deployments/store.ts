import type { Page, PageRequest, Versioned } from '../shared/pages.js';
import type { RunRef } from '../shared/run-ref.js';
import type { DeploymentStatus } from '../shared/status/words.js';
import type { Creator } from '../environments/model.js';
import type { Deployment, NewDeployment } from './model.js';

export type StoredDeployment = Versioned<Deployment>;

export type DeploymentPatch = Partial<
  Pick<
    Deployment,
    | 'run'
    | 'generation'
    | 'creator'
    | 'triggeredBy'
    | 'status'
    | 'stages'
    | 'target'
    | 'commitMessage'
    | 'committedAt'
    | 'url'
    | 'commitUrl'
    | 'logsUrl'
    | 'artifactRoot'
    | 'reach'
    | 'endedBy'
    | 'error'
    | 'logTail'
    | 'cause'
    | 'configuration'
    | 'startedAt'
    | 'completedAt'
    | 'deletedAt'
    | 'tally'
    | 'endings'
  >
>;

/** Whose deployments: of an environment, or of projects; all of the server without either. */
export interface DeploymentScope {
  readonly environmentId?: string;
  readonly projectIds?: readonly string[];
}

/** At most one of these besides the status. */
export interface DeploymentFilter {
  readonly status?: DeploymentStatus;
  readonly branch?: string;
  readonly author?: string;
  readonly creator?: Creator;
  readonly sha?: string;
}

export interface DeploymentStore {
  /** Inserts unless the id, or the same (environment, sha, run), is there; returns what is stored. A new one is rarely there: it is not looked for first. */
  ensure(fresh: NewDeployment, how?: { readonly isNew?: boolean }): Promise<StoredDeployment>;
  get(id: string): Promise<StoredDeployment | null>;
  byRun(environmentId: string, sha: string, run: RunRef): Promise<StoredDeployment | null>;
  /** Every unsettled deployment that a workflow run has claimed. */
  unsettledOfRun(repoId: number, runId: string): Promise<readonly StoredDeployment[]>;
  /** The deployments of a commit that no run has claimed yet. */
  unclaimedOf(repoId: number, sha: string): Promise<readonly StoredDeployment[]>;
  unsettledOf(environmentId: string): Promise<readonly StoredDeployment[]>;
  /** Unsettled ones of any environment not updated since `before`, oldest first; `from` continues after a page. */
  silentSince(before: Date, limit: number, from?: Date): Promise<readonly StoredDeployment[]>;
  /** The times at which runs started deployments of a project, newest first. */
  startsSince(projectId: string, since: Date, limit: number): Promise<readonly Date[]>;
  /** How many workflow runs work on deployments of a project, of one author where given; counts no further than `most`. */
  countRunning(projectId: string, most: number, author?: string): Promise<number>;
  /** Hides every deployment of a deleted project from lists. They stay for statistics. Returns how many. */
  markDeleted(projectId: string): Promise<number>;
  listOf(environmentId: string, page: PageRequest): Promise<Page<StoredDeployment>>;
  /** Newest first, without those that were deleted. It needs a scope where an index needs one: `bad_request` otherwise. */
  list(query: {
    readonly scope: DeploymentScope;
    readonly filter: DeploymentFilter;
    readonly page: PageRequest;
  }): Promise<Page<StoredDeployment>>;
  /** Those of these ids that exist, deleted ones too. */
  byIds(ids: readonly string[]): Promise<readonly StoredDeployment[]>;
  /** Those whose end the statistics have not counted yet. */
  withEndings(limit: number): Promise<readonly StoredDeployment[]>;
  /** The statistics have counted these. */
  forgetEndings(id: string, keys: readonly string[]): Promise<void>;
  /** Compare-and-set on (status, version); null when another writer was first. Touches `updatedAt`. */
  change(seen: StoredDeployment, patch: DeploymentPatch): Promise<StoredDeployment | null>;
  /** Finds the deployment that a per-commit host can show: newest success or unsettled one that this server serves. */
  bySha7(environmentId: string, sha7: string): Promise<StoredDeployment | null>;
  /** The newest deployment of a commit, in any status. */
  newestBySha7(environmentId: string, sha7: string): Promise<StoredDeployment | null>;
  countByStatus(): Promise<Readonly<Partial<Record<DeploymentStatus, number>>>>;
}

export interface DeploymentPorts {
  readonly deployments: DeploymentStore;
}
