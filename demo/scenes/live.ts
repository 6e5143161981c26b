/** A pull request that is open. */
export interface Opened {
  readonly number: number;
  readonly branch: string;
  /** The newest commit. */
  readonly sha: string;
  /** The last good version; absent until something was built. */
  readonly live?: Preview;
}

/** What is live now. */
export interface Preview {
  readonly url: string;
  readonly commitUrl: string;
  /** Words that its first page shows. */
  readonly text: string;
}

export type Live = Required<Opened>;

/** Told at once what became of the pull request: what comes after may fail. */
export type Note = (pull: Opened | undefined) => void;
