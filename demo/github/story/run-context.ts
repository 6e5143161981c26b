import type { Account, Json } from '../documents.js';
import type { RepositoryState } from '../state.js';

/** What GitHub tells a runner about a job; the runner turns it into the environment of the Action. */
export interface RunContext {
  readonly id: number;
  readonly number: number;
  readonly attempt: number;
  readonly checkRunId: number;
  readonly repository: RepositoryState;
  readonly eventName: string;
  /** The payload, which becomes the file at GITHUB_EVENT_PATH. */
  readonly event: Json;
  /** Of a pull request the merge commit, never the head. */
  readonly sha: string;
  readonly ref: string;
  readonly headRef: string;
  readonly baseRef: string;
  readonly actor: Account;
  readonly workflow: { readonly id: number; readonly name: string; readonly path: string };
  readonly job: string;
  /** GitHub's address, for the API and for pages. */
  readonly githubUrl: string;
  /** GITHUB_TOKEN, with the job's permissions on this one repository. */
  readonly token: string;
  /** Only with `id-token: write`, which pull requests of forks never get. */
  readonly idToken: { readonly requestUrl: string; readonly requestToken: string } | undefined;
}
