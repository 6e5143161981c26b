import type { CONTAINER_STATUS, DeploymentStatus, EnvironmentStatus } from '../../src/shared/status/words.js';
import type { PageText } from './page-texts.js';

/** These paths of every preview host belong to the server, not to the site. */
export const RESERVED = '/.well-known/vitrine/';
export const STATUS_PATH = `${RESERVED}status`;

/** What a host shows. */
export type Preview = LivePreview | UpstreamPreview | AsleepPreview | WaitingPreview | UnknownPreview;

export interface LivePreview {
  readonly kind: 'live';
  readonly deploymentId: string;
  readonly projectId: string;
  /** The root of a complete artifact. */
  readonly root: string;
  /** Unknown paths show index.html, or 200.html. */
  readonly spa: boolean;
}

/** A program that a target started answers itself. */
export interface UpstreamPreview {
  readonly kind: 'upstream';
  readonly deploymentId: string;
  readonly host: string;
  readonly port: number;
  /** The environment that its visitors keep awake. Absent for a commit that is not live: only its run looks at it. */
  readonly keepsAwake?: string;
  /** The server found that its program does not answer as it should. */
  readonly crashed?: boolean;
}

/** A program that was stopped until the next visitor comes. */
export interface AsleepPreview {
  readonly kind: 'asleep';
  readonly environmentId: string;
  /** What is shown while it wakes up. */
  readonly page: WaitingPreview;
  /** When it last failed to wake up, and null otherwise. */
  readonly failedAt: Date | null;
}

/** The public word for a preview, or one commit of it, that cannot be served. */
export type PageState =
  | EnvironmentStatus
  | DeploymentStatus
  | typeof CONTAINER_STATUS.starting
  | 'declined'
  | 'elsewhere'
  | 'crashed'
  | 'unwakeable';

/** There is nothing to serve, and a page gives the reason. */
export interface WaitingPreview {
  readonly kind: 'page';
  readonly state: PageState;
  readonly text: PageText;
  /** Replaces the message of the text. */
  readonly message?: string | null;
  /** Shown as text: `owner/repo #42`. */
  readonly title?: string | null;
  readonly reason?: string | null;
  readonly link?: PageLink | null;
  /** Where else a visitor may want to go. */
  readonly otherLinks?: readonly PageLink[];
}

export interface PageLink {
  readonly text: string;
  readonly url: string;
}

interface UnknownPreview {
  readonly kind: 'unknown';
}
