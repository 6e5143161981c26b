import type { Run } from '../target.js';
import type { ComposeJson } from './rewrite.js';

export interface ComposeUp {
  readonly project: string;
  readonly file: ComposeJson;
  /** How long the services may take to run, or to be healthy where they have a health check. */
  readonly patienceMs: number;
}

/** What Compose said last, when it did not succeed. */
export type ComposeEnd = { readonly ok: true } | { readonly ok: false; readonly lines: readonly string[] };

/**
 * The program `docker compose` of the operator. It makes and starts what a file says; everything else is asked of the engine. Throws
 * `unavailable` when the program or the engine is not there.
 */
export interface ComposeRunner {
  /** Makes and starts all services. What is there already and has not changed stays. */
  up(call: ComposeUp, run: Pick<Run, 'log' | 'signal'>): Promise<ComposeEnd>;
  /** Starts the stopped services of a project, those first on which others depend. */
  start(project: string, run: Pick<Run, 'log' | 'signal'>): Promise<ComposeEnd>;
}
