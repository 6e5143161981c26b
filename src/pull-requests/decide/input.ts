import type { SettingsProblem } from '../../settings/problem.js';
import type { Settings } from '../../settings/settings.js';
import { findSkipWord } from '../../settings/skip-words.js';
import { createPatternMatcher } from '../../shared/globs.js';
import { ENVIRONMENT_STATUS, type EnvironmentStatus, GONE_ENVIRONMENTS } from '../../shared/status/words.js';
import type { PullRequestFacts } from '../facts.js';
import { APPROVED_LABEL, type Trust } from '../trust.js';

/** What an event does to a preview. `update`: nothing new to deploy, but the text that people read may have changed. */
export type Effect = 'deploy' | 'hold' | 'skip' | 'destroy' | 'ignore' | 'update';

/** What a decision must know of the environment. */
export interface EnvironmentState {
  readonly status: EnvironmentStatus;
  readonly generation: number;
  /** The commit that it shows or will show; null before the first one. */
  readonly headSha: string | null;
  /** Visitors can open a deployment of it, even if the newest commit failed or waits. */
  readonly isShown: boolean;
  readonly approvedSha: string | null;
  /** The decision before this one. */
  readonly decision?:
    { readonly action: Effect; readonly rule: string; readonly detail: string } | null | undefined;
}

export interface DecideInput {
  /** The `action` of the webhook, or `NOTICED`. */
  readonly action: string;
  /** The newest facts known, which need not be those of the webhook. */
  readonly pullRequest: PullRequestFacts;
  readonly settings: Settings;
  /** From `parseSettings`: an error stops deployments. */
  readonly problems?: readonly SettingsProblem[] | undefined;
  /** From `projectsOf`, and whether people switched the project off. */
  readonly project?: { readonly paths: readonly string[]; readonly active?: boolean | undefined } | undefined;
  /** The files that differ between the commit that is shown and the newest one; undefined when they are not known. */
  readonly filesSinceShown?: readonly string[] | undefined;
  readonly trust: Trust;
  readonly environment: EnvironmentState | null;
  /** The other environments of this project that have a preview, and those of them that belong to the author. */
  readonly counts: { readonly environmentsInProject: number; readonly environmentsOfAuthor?: number };
  /** The label that was set or removed. */
  readonly label?: string | undefined;
}

export interface RuleDefinition {
  /** What the rule does. `skip` and `hold` change nothing for a commit that is deployed or on its way. */
  readonly effect: Effect;
  /** The rule takes a live preview down. */
  readonly endsPreview?: true;
  /** Recognises the rule. A rule without it is not found by `decide`: another part of the server ends the preview by it. */
  readonly applies?: (input: DecideInput) => boolean;
  /** A sentence for people that says why, and what to do next. Absent where the caller knows it: who asked, what GitHub answered. */
  readonly detail?: string | ((input: DecideInput) => string);
  /** The preview returns only when a person asks for it, not because a title or a label changed. */
  readonly staysGone?: true;
  /** The commit gets its preview later than it was pushed: its workflow run may have ended by then and must be run again. */
  readonly needsRerun?: true;
}

/**
 * The action of an observation that no webhook caused: the sweep, a run that was faster than its webhook, an event that came late.
 * It never asks for a preview; only a changed pull request can bring one.
 */
export const NOTICED = 'noticed';

export function isClosed({ pullRequest }: DecideInput): boolean {
  return pullRequest.state === 'closed';
}

/** The labels with which people control a preview. */
export const LABELS = {
  /** Asks for a preview where `triggers.mode` is `label`. */
  optIn: 'preview',
  skip: 'preview:skip',
  hold: 'preview:hold',
  keep: 'preview:keep',
  approved: APPROVED_LABEL,
} as const;

/** GitHub treats labels that differ only in capitals as the same label. */
export function includesLabel(labels: readonly string[], name: string): boolean {
  return labels.some((label) => label.toLowerCase() === name.toLowerCase());
}

export function hasLabel({ pullRequest }: DecideInput, name: string): boolean {
  return includesLabel(pullRequest.labels, name);
}

/** The first label of the pull request that excludes it from previews. */
export function excludedLabel(input: DecideInput): string | undefined {
  return input.settings.triggers.labels.exclude.find((label) => hasLabel(input, label));
}

/** The pull request needs one of these labels. In mode `label` that is always so; in the others only where the settings name some. */
export function requestLabels({ settings: { triggers } }: DecideInput): readonly string[] {
  if (triggers.labels.include.length > 0) return triggers.labels.include;
  return triggers.mode === 'label' ? [LABELS.optIn] : [];
}

export function skipWordIn(text: string | undefined, { settings }: DecideInput): string | undefined {
  return findSkipWord(text ?? '', settings.triggers.skipWords);
}

/** Says where the first error of the settings file is, and what it is. */
export function settingsError({ problems = [] }: DecideInput): string | undefined {
  const error = problems.find(({ level }) => level === 'error');
  if (!error) return undefined;
  const branch = error.file === 'base' ? 'the default branch' : 'this pull request';
  return `Line ${String(error.line)} of .github/preview.yml in ${branch}: ${error.message}`;
}

/** A file that the preview shows was changed, or it is not known which files were. */
export function changesFiles(input: DecideInput): boolean {
  const { changedFiles } = input.pullRequest;
  return changedFiles === undefined || changedFiles.some(showsFile(input));
}

/** The preview would look the same: no file that it shows differs from the commit that is shown. The settings file may change any. */
export function isShownAlready(input: DecideInput): boolean {
  const { filesSinceShown, environment } = input;
  if (filesSinceShown === undefined || environment?.isShown !== true) return false;
  const shows = showsFile(input);
  return !filesSinceShown.some((path) => path === SETTINGS_FILE || shows(path));
}

const SETTINGS_FILE = '.github/preview.yml';

function showsFile({ settings, project }: DecideInput): (path: string) => boolean {
  const { include, ignore } = settings.triggers.paths;
  const isIncluded = createPatternMatcher(include);
  const isOfProject = createPatternMatcher(project?.paths ?? []);
  const isIgnored = ignore.length > 0 ? createPatternMatcher(ignore) : () => false;
  return (path) => isIncluded(path) && isOfProject(path) && !isIgnored(path);
}

/** A commit is deployed, on its way or held. An environment that was only ever skipped exists for its report. */
export function isLive({ environment }: DecideInput): boolean {
  if (environment === null || GONE_ENVIRONMENTS.includes(environment.status)) return false;
  return environment.status !== ENVIRONMENT_STATUS.pending || environment.decision?.action !== 'skip';
}

/** The newest commit is deployed or on its way, so it needs no further permission. */
export function isHeadAccepted(input: DecideInput): boolean {
  const { environment, pullRequest } = input;
  if (!isLive(input) || environment?.headSha !== pullRequest.head.sha) return false;
  const before = environment.decision?.action;
  return environment.status !== ENVIRONMENT_STATUS.awaitingApproval && before !== 'hold' && before !== 'skip';
}

export function on(action: string): (input: DecideInput) => boolean {
  return (input) => input.action === action;
}

const ASKING_ACTIONS = ['opened', 'reopened', 'synchronize', 'ready_for_review', 'labeled'];

/** The others change what a preview depends on. */
const CHANGING_ACTIONS = ['unlabeled', 'edited', 'converted_to_draft', 'closed', NOTICED];

export function isHandled({ action }: DecideInput): boolean {
  return [...ASKING_ACTIONS, ...CHANGING_ACTIONS].includes(action);
}

/** Of the labels only those that ask for a preview: `preview:hold` and `preview:skip` ask for the opposite. */
export function asksForPreview({ action, label, settings }: DecideInput): boolean {
  if (action !== 'labeled' || label === undefined) return ASKING_ACTIONS.includes(action);
  return includesLabel([LABELS.optIn, LABELS.approved, ...settings.triggers.labels.include], label);
}
