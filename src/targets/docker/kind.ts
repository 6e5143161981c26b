import type { Release, Run } from '../target.js';
import type { ContainerLimits, ContainerOptions } from './container-spec.js';
import type { ContainerEngine, EngineImage } from './engine.js';
import type { Owner } from './resource.js';

/** What every target of containers is made of. */
export interface ContainerParts {
  readonly engine: ContainerEngine;
  /** The address of this server: several servers may share an engine. */
  readonly server: string;
  /** The address of a preview. */
  readonly urlOf: (slug: string) => string;
  readonly limits: ContainerLimits;
  /** The container of this server, which has to be in the network of a preview to reach it; null where it runs in none. */
  readonly serverContainer?: (() => Promise<string | null>) | undefined;
  /** The range that subnets are cut from. */
  readonly networkRange: string;
  /** What the names of the official images of databases begin with, such as `docker.io/library/`. */
  readonly databaseImages: string;
  /** How long a program may take to answer; two minutes unless given. */
  readonly patienceMs?: number;
  /** How long a hook may run; ten minutes, and one at the end of an environment, unless given. */
  readonly hookLimitMs?: number;
}

export interface Wanted {
  readonly release: Release;
  readonly options: ContainerOptions;
}

/** An image in the engine, ready to be started. */
export interface PreparedImage {
  /** As the engine names it. */
  readonly reference: string;
  readonly image: EngineImage;
  /** It was in the engine before: another program of the machine uses it, so it stays. */
  readonly keep: boolean;
  /** A command line instead of that of the image; null to keep it. */
  readonly start: string | null;
}

/** What tells one target of containers from another. All else they share. */
export interface ContainerKind {
  /** The name of the target, which everything that it makes carries. */
  readonly name: string;
  readonly takes: 'image' | 'files';
  /** This server makes its images, with labels: one of each deployment. */
  readonly buildsImages: boolean;
  /** Asked when the container of a deployment is not there yet. */
  prepareImage(wanted: Wanted, run: Run): Promise<PreparedImage>;
}

/** The parts of one target. */
export interface KindParts extends ContainerParts {
  readonly kind: ContainerKind;
}

export function ownerOf({ server, kind }: Pick<KindParts, 'server' | 'kind'>): Owner {
  return { server, target: kind.name };
}
