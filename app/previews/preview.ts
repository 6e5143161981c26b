import type { EnvironmentStatus } from '../../src/domain/lifecycle.js';

/** What a host name shows now. */
export type Preview = LivePreview | WaitingPreview | UnknownPreview;

export interface LivePreview {
  readonly kind: 'live';
  readonly deploymentId: string;
  readonly projectId: string;
  /** Root of a complete artifact. */
  readonly root: string;
  /** The host of one commit: what it shows never changes, so browsers may keep it. */
  readonly immutable: boolean;
  /** Unknown paths show index.html, or 200.html. */
  readonly spa: boolean;
  /** Names and values in turn, added to every answer; they win over ours. For protected previews. */
  readonly headers?: readonly string[];
}

/** Nothing to serve; a page says why. */
export interface WaitingPreview {
  readonly kind: 'page';
  readonly status: EnvironmentStatus;
  /** Shown as text: `owner/repo #42`. */
  readonly title?: string | null;
  readonly reason?: string | null;
  readonly link?: { readonly text: string; readonly url: string } | null;
}

export interface UnknownPreview {
  readonly kind: 'unknown';
}

/** Looks a host label up. An answer without a promise keeps the serving path free of waiting. */
export type PreviewResolver = (label: string) => Preview | Promise<Preview>;
