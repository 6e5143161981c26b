import type { Page, PageRequest, Versioned } from '../shared/pages.js';
import type { RunRef } from '../shared/run-ref.js';
import type { DeploymentStatus } from '../shared/status/words.js';
import type { Deployment, NewDeployment } from './model.js';

export type StoredDeployment = Versioned<Deployment>;

export type DeploymentPatch = Partial<
  Pick<
    Deployment,
    | 'run'
    | 'generation'
    | 'status'
    | 'stages'
    | 'target'
    | 'url'
    | 'commitUrl'
    | 'logsUrl'
    | 'artifactRoot'
    | 'endedBy'
    | 'error'
    | 'logTail'
    | 'startedAt'
    | 'completedAt'
    | 'deletedAt'
  >
>;

export interface DeploymentStore {
  /** Inserts unless the id, or the same (environment, sha, run), is there; returns what is stored. */
  ensure(fresh: NewDeployment): Promise<StoredDeployment>;
  get(id: string): Promise<StoredDeployment | null>;
  byRun(environmentId: string, sha: string, run: RunRef): Promise<StoredDeployment | null>;
  /** Every unsettled deployment that a workflow run has taken on. */
  unsettledOfRun(repoId: number, runId: string): Promise<readonly StoredDeployment[]>;
  /** Those of a commit that wait for a run to take them on. */
  unclaimedOf(repoId: number, sha: string): Promise<readonly StoredDeployment[]>;
  unsettledOf(environmentId: string): Promise<readonly StoredDeployment[]>;
  /** Unsettled ones of any environment without a sign of life since `before`, oldest first; `from` goes on where a page ended. */
  silentSince(before: Date, limit: number, from?: Date): Promise<readonly StoredDeployment[]>;
  /** When runs last took on deployments of a project, newest first. */
  startsSince(projectId: string, since: Date, limit: number): Promise<readonly Date[]>;
  listOf(environmentId: string, page: PageRequest): Promise<Page<StoredDeployment>>;
  /** Compare-and-set on (status, version); null when somebody was first. Touches `updatedAt`. */
  change(seen: StoredDeployment, patch: DeploymentPatch): Promise<StoredDeployment | null>;
  /** Finds the deployment that a per-commit host can show: newest success or unsettled one with an artifact. */
  bySha7(environmentId: string, sha7: string): Promise<StoredDeployment | null>;
  /** The newest of a commit, whatever became of it. */
  newestBySha7(environmentId: string, sha7: string): Promise<StoredDeployment | null>;
  countByStatus(): Promise<Readonly<Partial<Record<DeploymentStatus, number>>>>;
}

export interface DeploymentPorts {
  readonly deployments: DeploymentStore;
}
