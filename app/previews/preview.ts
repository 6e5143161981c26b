import type { DeploymentStatus, EnvironmentStatus } from '../../src/shared/status/words.js';
import type { PageText } from './page-texts.js';

/** What a host name shows now. */
export type Preview = LivePreview | WaitingPreview | UnknownPreview;

export interface LivePreview {
  readonly kind: 'live';
  readonly deploymentId: string;
  readonly projectId: string;
  /** Root of a complete artifact. */
  readonly root: string;
  /** Unknown paths show index.html, or 200.html. */
  readonly spa: boolean;
  /** Names and values in turn, added to every answer; they win over ours. For protected previews. */
  readonly headers?: readonly string[];
}

/** The public word for a preview, or one commit of it, that cannot be served. */
export type PageState = EnvironmentStatus | DeploymentStatus | 'declined' | 'elsewhere';

/** Nothing to serve; a page says why. */
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
}

export interface PageLink {
  readonly text: string;
  readonly url: string;
}

interface UnknownPreview {
  readonly kind: 'unknown';
}

/** Looks a host label up. An answer without a promise keeps the serving path free of waiting. */
export type PreviewResolver = (label: string) => Preview | Promise<Preview>;
