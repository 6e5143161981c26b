/** A pull request that is open. */
export interface Opened {
  readonly number: number;
  readonly branch: string;
  /** The newest commit. */
  readonly sha: string;
  /** The last good version; absent until something was built. */
  readonly live?: Preview;
}

/** The preview that is live. */
export interface Preview {
  readonly url: string;
  readonly commitUrl: string;
  /** Words that its first page shows. */
  readonly text: string;
}

export type Live = Required<Opened>;

/** Called after each change of the pull request, so that a later failure loses nothing. */
export type Note = (pull: Opened | undefined) => void;
