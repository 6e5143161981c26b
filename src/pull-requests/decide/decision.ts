/** Every reason there is. Stored with each delivery, shown in the check, and stable: people filter by it. */
export const RULES = [
  // deployed
  'opened',
  'reopened',
  'new-commit',
  'ready-for-review',
  'label-added',
  'approved',
  'now-qualifies',
  // held
  'awaiting-approval',
  'permission-unknown',
  'label-hold',
  // skipped; with a live preview, some of them take it down
  'settings-invalid',
  'fork-denied',
  'access-unavailable',
  'secrets-unavailable',
  'label-skip',
  'label-excluded',
  'label-missing',
  'draft',
  'bot',
  'base-branch',
  'head-branch',
  'manual',
  'skip-word-title',
  'skip-word-commit',
  'paths',
  'limit-environments',
  // ended
  'closed',
  'merged',
  'closed-kept',
  'asked',
  'expired',
  'repository-removed',
  'project-removed',
  // nothing to do
  'unchanged',
  'closed-already',
  'closed-stale',
  'gone-until-asked',
  'action-not-relevant',
] as const;
export type Rule = (typeof RULES)[number];

/** What an event leads to, and why. */
export interface Decision {
  /** `update`: nothing new to deploy, but what people read may have changed. */
  readonly action: 'deploy' | 'hold' | 'skip' | 'destroy' | 'ignore' | 'update';
  readonly rule: Rule;
  /** A sentence for people that says what to do next. */
  readonly detail: string;
}
