import type { Page, PageRequest, Versioned } from '../shared/pages.js';
import type { EnvironmentStatus } from '../shared/status/words.js';
import type { NewStep, Step } from './history.js';
import type { Environment, Projection, Reported } from './model.js';

/** What an environment is made from; everything else starts empty. */
export type NewEnvironment = Pick<
  Environment,
  'projectId' | 'project' | 'repoId' | 'repository' | 'installationId' | 'name' | 'slug' | 'url'
> &
  Partial<Pick<Environment, 'pullRequest' | 'decision' | 'settings' | 'id'>>;

export type EnvironmentPatch = Partial<
  Pick<
    Environment,
    | 'status'
    | 'generation'
    | 'decision'
    | 'settings'
    | 'notes'
    | 'reportEpoch'
    | 'approvedSha'
    | 'hookFailure'
    | 'admittedAt'
    | 'pullRequest'
    | 'head'
    | 'current'
    | 'health'
    | 'asleep'
    | 'resources'
    | 'error'
    | 'expiresAt'
    | 'pinned'
    | 'deployedAt'
    | 'destroyedAt'
    | 'repository'
    | 'installationId'
    | 'project'
  >
>;

export type StoredEnvironment = Versioned<Environment>;

export interface EnvironmentWrite {
  readonly patch: EnvironmentPatch;
  readonly due: readonly Projection[];
  /** The writer does the same again when a crash of the database loses it, so it does not wait for the journal. */
  readonly repeatable?: boolean | undefined;
  /** See `Claim.alone`. */
  readonly alone?: boolean | undefined;
  /** Why: kept with the environment, by the same write. */
  readonly step?: NewStep | undefined;
}

/** The right of one worker to reconcile one projection of one environment, until its lease ends or another worker claims it with a higher fence. */
export interface Claim {
  readonly environment: StoredEnvironment;
  readonly projection: Projection;
  readonly owner: string;
  readonly fence: number;
  /** `due.wanted` at the time of the claim. A higher value later means that another pass is needed. */
  readonly wanted: number;
  /**
   * This process saved the environment a moment ago, and nothing has changed it since. It is the only one of its pull request, and the
   * deployment of its head was named by that write: the report need not read either.
   */
  readonly alone?: true | undefined;
}

/** A claim whose lease the runner renews. */
export interface HeldClaim extends Claim {
  /** Whether the claim is still valid: by the clock while the lease runs, otherwise by the store. */
  readonly held: () => Promise<boolean>;
}

export interface SavingReported {
  /** Waits for the journal: what is about to be sent must be known after a crash. What was sent can be looked for. */
  readonly durable?: boolean;
  /** Ends the claim too, as `release` does after a success. */
  readonly ends?: boolean;
}

export interface EnvironmentFilter {
  readonly repository?: string;
  readonly repoId?: number;
  readonly projectId?: string;
  /** Only those of these projects: what the caller may see. */
  readonly projectIds?: readonly string[];
  /** Of the repository that `repoId` names. */
  readonly pullRequest?: number;
  readonly status?: EnvironmentStatus;
  readonly activeOnly?: true;
  /** The login of the author of its pull request, in any case. */
  readonly author?: string;
  /** A part of its name, its title or its branch, or the beginning of its commit, in any case. */
  readonly search?: string;
}

export interface EnvironmentStore {
  /**
   * Inserts unless (project, repo, name) is there, together with a first change; returns what is stored. When another writer inserts
   * first, that is another id than the given one.
   */
  ensure(fresh: NewEnvironment, write?: EnvironmentWrite): Promise<StoredEnvironment>;
  get(id: string): Promise<StoredEnvironment | null>;
  bySlug(slug: string): Promise<StoredEnvironment | null>;
  ofPullRequest(repoId: number, number: number): Promise<readonly StoredEnvironment[]>;
  list(filter: EnvironmentFilter, page: PageRequest): Promise<Page<StoredEnvironment>>;
  /** Counts those that show or await a deployment, of one author where given. Skipped and held environments do not count. */
  countActive(projectId: string, authorId?: number): Promise<number>;
  /** The same on the whole server. */
  countAllActive(): Promise<number>;
  /** What led the environment to what it is, newest first; the oldest steps are forgotten. */
  steps(id: string): Promise<readonly Step[]>;
  /** Those that wait for a free place in their project, the oldest first. */
  queued(limit: number): Promise<readonly StoredEnvironment[]>;
  /** Compare-and-set on (status, generation, version) of `seen`; null when another writer was first. Marks `due` projections as wanted now. */
  change(seen: StoredEnvironment, write: EnvironmentWrite): Promise<StoredEnvironment | null>;
  /** A visitor is there. Never moves back, and is no change of the document: no writer has to read it again because of it. */
  recordActivity(id: string, at: Date): Promise<void>;
  /** Asks for a projection again without changing the document's meaning. */
  markDue(id: string, projection: Projection): Promise<void>;
  /** Since when the first projection has been due; null when none is. */
  dueSince(projection: Projection): Promise<Date | null>;
  /** Takes the longest-due claimable environment by lease. Leases run on the database's clock. */
  claim(
    projection: Projection,
    by: { readonly owner: string; readonly leaseMs: number },
  ): Promise<Claim | null>;
  /** Extends the lease; false when the claim was lost and its holder must stop writing. */
  renew(claim: Claim, leaseMs: number): Promise<boolean>;
  /** Stores what was or will be reported to GitHub, if the claim is still valid. */
  saveReported(claim: Claim, reported: Reported, how?: SavingReported): Promise<boolean>;
  /** Ends the claim: nothing more is due unless the document changed meanwhile, or `retryInMs` asks for another try. */
  release(claim: Claim, outcome: { readonly retryInMs?: number; readonly error?: string }): Promise<void>;
  /** Whether any resource that is not doomed was made from this artifact. */
  namesArtifact(artifact: { projectId: string; root: string }): Promise<boolean>;
  /** Those with a resource that no workflow run removed in time. */
  withAbandoned(limit: number): Promise<readonly StoredEnvironment[]>;
  deleteOfProject(projectId: string): Promise<number>;
}

export interface EnvironmentPorts {
  readonly environments: EnvironmentStore;
}
