/** What is live now. */
export interface Live {
  readonly number: number;
  readonly branch: string;
  readonly sha: string;
  readonly url: string;
  readonly commitUrl: string;
}
