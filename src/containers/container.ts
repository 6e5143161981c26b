import type { Page, PageRequest } from '../shared/pages.js';
import type { ContainerStatus } from '../shared/status/words.js';

/** What runs for a deployment: a container of an engine, or a process where there is none. */
export interface Container {
  readonly id: string;
  readonly environmentId: string;
  readonly deploymentId: string;
  readonly target: string;
  /** What the engine calls it. */
  readonly engineId: string;
  /** The service of a compose file; `app` where there is one only. */
  readonly service: string;
  readonly image: string;
  /** Where this server reaches it; null for one that visitors do not reach. */
  readonly host: string | null;
  readonly port: number | null;
  readonly status: ContainerStatus;
  readonly startedAt: Date;
  readonly stoppedAt: Date | null;
}

type Place = Pick<Container, 'host' | 'port'>;

/** What became of those of a deployment. */
export interface ContainerChange {
  readonly deploymentId: string;
  readonly status: ContainerStatus;
  readonly at: Date;
  /** Where visitors reach them now: a container may get another port when it is started again. */
  readonly moved?: readonly { readonly from: Place; readonly to: Place }[];
}

/** A container is here from its start to its removal, also while it is stopped. */
export interface ContainerStore {
  /** What a deployment runs now, in place of what it ran before. The same container keeps its id. */
  replace(deploymentId: string, containers: readonly Container[]): Promise<void>;
  change(change: ContainerChange): Promise<void>;
  /** Newest first. */
  listOf(environmentId: string, page: PageRequest): Promise<Page<Container>>;
  /** How many there are by their status, and how many of those that are not stopped are reached by a port. */
  counts(): Promise<{ readonly byStatus: Readonly<Record<ContainerStatus, number>>; readonly ports: number }>;
  /** They were removed. */
  deleteOf(deploymentId: string): Promise<void>;
}

export interface ContainerPorts {
  readonly containers: ContainerStore;
}
