import { type Cleanup, type Environment, isActive, type Resource } from '../environments/model.js';

/** What only a workflow run can remove, and how far that is. */
export interface Leftovers {
  /** `unremoved`: the last run that tried could not. `abandoned`: no run removed it in time, and the environment does not wait any more. */
  readonly state: 'awaited' | 'underway' | 'unremoved' | 'abandoned';
  readonly urls: readonly string[];
  /** How the last attempt failed, and its log. */
  readonly error: string | null;
  readonly logsUrl: string | null;
}

type Waiting = Resource & { readonly cleanup: Cleanup };

/** The first that applies to any resource is the state of all. */
const STATES: readonly (readonly [Leftovers['state'], (resource: Waiting) => boolean])[] = [
  ['underway', ({ cleanup }) => cleanup.run !== null],
  ['unremoved', ({ cleanup }) => cleanup.error !== null && cleanup.abandonedAt === null],
  ['awaited', ({ cleanup }) => cleanup.abandonedAt === null],
  ['abandoned', () => true],
];

/** Beside a living preview, only a failure is worth a reader's time: the next run removes the rest. */
export function leftoversOf(environment: Environment): Leftovers | null {
  const waiting = environment.resources.filter(
    (one): one is Waiting => one.doomed && one.cleanup !== undefined,
  );
  const state = STATES.find(([, applies]) => waiting.some(applies))?.[0];
  if (state === undefined || (isActive(environment) && state !== 'unremoved')) return null;
  const failed = waiting.find(({ cleanup }) => cleanup.error !== null)?.cleanup;
  return {
    state,
    urls: waiting.flatMap(({ reach }) => (reach?.kind === 'elsewhere' ? [reach.url] : [])),
    error: state === 'unremoved' || state === 'abandoned' ? (failed?.error ?? null) : null,
    logsUrl: failed?.logsUrl ?? null,
  };
}
