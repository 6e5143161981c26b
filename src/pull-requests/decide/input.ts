import type { SettingsProblem } from '../../settings/problem.js';
import type { Settings } from '../../settings/settings.js';
import { ENVIRONMENT_STATUS, type EnvironmentStatus, GONE_ENVIRONMENTS } from '../../shared/status/words.js';
import type { PullRequestFacts } from '../facts.js';
import type { Trust } from '../trust.js';
import type { Decision } from './decision.js';

/** What a decision must know of the environment. */
export interface EnvironmentState {
  readonly status: EnvironmentStatus;
  readonly generation: number;
  /** The commit it should show, deployed or on its way; null before there was one. */
  readonly headSha: string | null;
  /** Something is there for visitors to see, whatever became of the newest commit. */
  readonly isShown: boolean;
  readonly approvedSha: string | null;
  /** The decision before this one. */
  readonly decision?: Decision | null | undefined;
}

export interface DecideInput {
  /** The `action` of the webhook. */
  readonly action: string;
  /** The newest facts known, which need not be those of the webhook. */
  readonly pullRequest: PullRequestFacts;
  readonly settings: Settings;
  /** Of `parseSettings`: an error stops deployments. */
  readonly problems?: readonly SettingsProblem[] | undefined;
  /** Of `projectsOf`, where a repository holds several. */
  readonly project?: { readonly paths: readonly string[] } | undefined;
  readonly trust: Trust;
  readonly environment: EnvironmentState | null;
  /** The others of this project that are not gone. */
  readonly counts: { readonly environmentsInProject: number };
  /** The label that was set or taken away. */
  readonly label?: string | undefined;
}

/** Something is deployed, on its way or held. An environment that was only ever skipped exists for its report. */
export function isLive({ environment }: DecideInput): boolean {
  if (environment === null || GONE_ENVIRONMENTS.includes(environment.status)) return false;
  return environment.status !== ENVIRONMENT_STATUS.pending || environment.decision?.action !== 'skip';
}

/** The head needs no further permission: it is deployed, or on its way. */
export function isHeadAccepted(input: DecideInput): boolean {
  const { environment, pullRequest } = input;
  if (!isLive(input) || environment?.headSha !== pullRequest.head.sha) return false;
  const before = environment.decision?.action;
  return environment.status !== ENVIRONMENT_STATUS.awaitingApproval && before !== 'hold' && before !== 'skip';
}
