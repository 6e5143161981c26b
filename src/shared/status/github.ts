/** GitHub's own words, so that no other file spells them. */
export const CHECK = { queued: 'queued', inProgress: 'in_progress', completed: 'completed' } as const;

export const CONCLUSION = {
  success: 'success',
  failure: 'failure',
  neutral: 'neutral',
  cancelled: 'cancelled',
  skipped: 'skipped',
  timedOut: 'timed_out',
  actionRequired: 'action_required',
} as const;

export const DEPLOYMENT_STATE = {
  queued: 'queued',
  inProgress: 'in_progress',
  success: 'success',
  failure: 'failure',
  error: 'error',
  inactive: 'inactive',
} as const;

export const COMMIT_STATE = {
  pending: 'pending',
  success: 'success',
  failure: 'failure',
  error: 'error',
} as const;

export type CheckStatus = (typeof CHECK)[keyof typeof CHECK];

export type CheckConclusion = (typeof CONCLUSION)[keyof typeof CONCLUSION];

export type GitHubDeploymentState = (typeof DEPLOYMENT_STATE)[keyof typeof DEPLOYMENT_STATE];

export type CommitState = (typeof COMMIT_STATE)[keyof typeof COMMIT_STATE];

/** How GitHub reads a status: the check run, the deployment box, the commit status. */
export interface GitHubWords {
  readonly check: CheckStatus;
  readonly conclusion: CheckConclusion | null;
  readonly deployment: GitHubDeploymentState;
  readonly commit: CommitState;
}

const { queued, inProgress, completed } = CHECK;

const STATE = DEPLOYMENT_STATE;

/** How GitHub reads each kind of status. */
export const GITHUB = {
  waiting: { check: queued, conclusion: null, deployment: STATE.queued, commit: COMMIT_STATE.pending },
  working: {
    check: inProgress,
    conclusion: null,
    deployment: STATE.inProgress,
    commit: COMMIT_STATE.pending,
  },
  held: {
    check: completed,
    conclusion: CONCLUSION.actionRequired,
    deployment: STATE.queued,
    commit: COMMIT_STATE.pending,
  },
  good: {
    check: completed,
    conclusion: CONCLUSION.success,
    deployment: STATE.success,
    commit: COMMIT_STATE.success,
  },
  bad: {
    check: completed,
    conclusion: CONCLUSION.failure,
    deployment: STATE.failure,
    commit: COMMIT_STATE.failure,
  },
  gone: {
    check: completed,
    conclusion: CONCLUSION.neutral,
    deployment: STATE.inactive,
    commit: COMMIT_STATE.success,
  },
  overtaken: {
    check: completed,
    conclusion: CONCLUSION.cancelled,
    deployment: STATE.inactive,
    commit: COMMIT_STATE.error,
  },
} satisfies Record<string, GitHubWords>;

type Tone = 'neutral' | 'progress' | 'good' | 'bad' | 'muted';

export interface Row<Status extends string, Event extends string> {
  readonly on: Readonly<Partial<Record<Event, Status>>>;
  readonly text: { readonly label: string; readonly emoji: string; readonly tone: Tone };
  /** Nothing more happens by itself. */
  readonly settled: boolean;
  readonly github: GitHubWords;
  /** Words of the seed systems that mean this status, lower-case. */
  readonly seeds: readonly string[];
}
