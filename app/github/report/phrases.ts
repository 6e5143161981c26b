import type { Leftovers } from '../../../src/deployments/leftovers.js';
import type { Failure } from '../../../src/deployments/attempt.js';
import type { Situation, SituationKind } from '../../../src/deployments/situation.js';
import type { Cause } from '../../../src/shared/cause/cause.js';
import { DEPLOYMENT } from '../../../src/shared/status/deployment.js';
import { ENVIRONMENT } from '../../../src/shared/status/environment.js';
import type { StageName } from '../../../src/shared/status/stages.js';
import { STAGE_STATUS, type StageStatus } from '../../../src/shared/status/words.js';
import { showSpan, showTime } from '../../../src/shared/time.js';

/** What the check and the comment say alike of one situation. */
export interface Phrases {
  readonly emoji: string;
  readonly label: string;
  /** Follows the label: `in 42 s`, `while building, after 42 s`. Empty while there is no result. */
  readonly phrase: string;
  readonly url: string | null;
  readonly addresses: Situation['addresses'];
  readonly expectedUrl: string | null;
  readonly commit: CommitRef | null;
  readonly commitUrl: string | null;
  readonly lastGood: { readonly url: string; readonly commit: CommitRef; readonly at: string } | null;
  readonly remedy: string;
  readonly runsUrl: string | null;
  readonly lived: string | null;
  /** When it is removed without anybody's doing: "expires 2026-01-01 00:00 UTC". */
  readonly ends: string | null;
  readonly trouble: Trouble | null;
  /** How visitors get in, while there is something to see that not everybody may. */
  readonly protection: string | null;
}

/** What went wrong after the build. */
interface Trouble {
  readonly sentence: string;
  readonly since: string | null;
  readonly urls: readonly string[];
  readonly error: string | null;
  readonly logsUrl: string | null;
}

interface CommitRef {
  readonly short: string;
  /** GitHub links a plain commit id only in its own repository, so the text carries the link. */
  readonly url: string;
}

export function phrasesOf(situation: Situation): Phrases {
  const { kind, commit, lastGood, lifetime, expiresAt, pinned } = situation;
  return {
    ...LABELS[kind],
    phrase: outcomeOf(situation),
    url: situation.liveUrl,
    addresses: situation.addresses,
    expectedUrl: situation.expectedUrl,
    commit: commit && commitRef(commit),
    commitUrl: situation.commitUrl,
    lastGood: lastGood && {
      url: lastGood.url,
      commit: commitRef(lastGood.commit),
      at: showTime(lastGood.at),
    },
    remedy: remedyOf(situation),
    runsUrl: situation.runsUrl,
    lived: lifetime && showSpan(lifetime.from, lifetime.to),
    ends: pinned ? 'kept until unpinned' : expiresAt && `expires ${showTime(expiresAt)} UTC`,
    trouble: troubleOf(situation),
    protection: situation.liveUrl === null && lastGood === null ? null : situation.protection.how,
  };
}

function commitRef({ sha, url }: { readonly sha: string; readonly url: string }): CommitRef {
  return { short: sha.slice(0, 7), url };
}

const LABELS: Readonly<Record<SituationKind, { readonly emoji: string; readonly label: string }>> = {
  waiting: DEPLOYMENT.queued.text,
  'awaiting-approval': ENVIRONMENT.awaiting_approval.text,
  'skipped-by-rule': { emoji: '➖', label: 'No preview' },
  building: DEPLOYMENT.running.text,
  'building-while-live': ENVIRONMENT.updating.text,
  live: DEPLOYMENT.success.text,
  asleep: ENVIRONMENT.sleeping.text,
  'build-failed': DEPLOYMENT.failed.text,
  'failed-while-live': DEPLOYMENT.failed.text,
  'build-cancelled': DEPLOYMENT.cancelled.text,
  replaced: DEPLOYMENT.superseded.text,
  'newer-commit': { emoji: '⏭️', label: 'Superseded by a newer commit' },
  'build-removed': ENVIRONMENT.destroyed.text,
  'being-removed': ENVIRONMENT.destroying.text,
  removed: ENVIRONMENT.destroyed.text,
  'never-live': { emoji: '➖', label: 'No preview' },
};

const FAILED = 'Push a fix. If the failure was temporary, re-run the workflow.';
const SUPERSEDED = 'The preview follows the newest commit; this one is not built any more.';

/** What a reader can do, or what happens next. A decision brings its own remedy in its detail. */
const REMEDIES: Readonly<Record<SituationKind, string>> = {
  waiting:
    'The build starts with the workflow of this repository. If it does not start: GitHub runs no workflow while a pull request has conflicts, and the workflow must have a step that uses the preview action.',
  'awaiting-approval': '',
  'skipped-by-rule': '',
  building: '',
  'building-while-live': '',
  live: '',
  asleep: 'It had no visitors for a while. It wakes up for the next one, who waits a moment.',
  'build-failed': FAILED,
  'failed-while-live': FAILED,
  'build-cancelled': 'Re-run the workflow to build this commit.',
  replaced: SUPERSEDED,
  'newer-commit': SUPERSEDED,
  'build-removed': '',
  'being-removed': 'Everything it used is being removed.',
  removed: 'Everything it used was removed.',
  'never-live': '',
};

const ELSEWHERE = 'What an earlier step of the workflow deployed elsewhere must be removed there.';

const RERUNS = {
  needed: 'GitHub starts the workflow for new commits only: re-run it to build this one.',
  maybe:
    'The workflow starts automatically if ready_for_review is among its types of pull_request. Otherwise, re-run it to build this commit.',
};

function remedyOf({ kind, rerun, unmanaged, leftovers }: Situation): string {
  if (rerun) return RERUNS[rerun];
  if (kind !== 'being-removed' && kind !== 'removed') return REMEDIES[kind];
  // What is missing stands in its own paragraph.
  if (leftovers) return leftovers.state === 'underway' ? 'A workflow run removes it now.' : '';
  return unmanaged ? ELSEWHERE : REMEDIES[kind];
}

const RUN_BY_HAND =
  'add "closed" to the types of "pull_request" in the workflow that has the input "destroy-command", or start a workflow by hand with the inputs "action: destroy" and "pr-number".';

const LEFTOVERS: Readonly<Record<Exclude<Leftovers['state'], 'underway'>, string>> = {
  awaited: `Only a workflow run can remove what the workflow deployed, and the server waits for it. If none comes, ${RUN_BY_HAND}`,
  unremoved:
    'The workflow run could not remove what the workflow deployed. Fix the cause and re-run that run.',
  abandoned: 'No workflow run removed in time what the workflow deployed. Remove it there.',
};

const HOOK_FAILED =
  'The preview was removed, but its hook "destroyed" failed: what it should have cleaned up elsewhere may still be there.';

const UNWELL = {
  unhealthy: 'The preview does not answer as it should.',
  gone: 'The preview is not at its URL any more. Re-run the workflow, or push a commit, to deploy it again.',
} as const;

function troubleOf({ leftovers, hookFailure, health }: Situation): Trouble | null {
  if (leftovers && leftovers.state !== 'underway') {
    const { state, urls, error, logsUrl } = leftovers;
    return { sentence: LEFTOVERS[state], since: null, urls, error, logsUrl };
  }
  if (hookFailure !== null)
    return { sentence: HOOK_FAILED, since: null, urls: [], error: hookFailure, logsUrl: null };
  if (health?.state !== 'unhealthy' && health?.state !== 'gone') return null;
  const since = showTime(health.since);
  return { sentence: UNWELL[health.state], since, urls: [], error: health.detail, logsUrl: null };
}

function outcomeOf({ kind, liveUrl, failure, attempt }: Situation): string {
  if (kind === 'asleep') return '';
  const took = showSpan(attempt?.startedAt, attempt?.completedAt);
  if (liveUrl !== null) return took ? `in ${took}` : '';
  if (!failure) return '';
  const parts = [failure.stage ? `while ${failure.stage}` : '', took ? `after ${took}` : ''];
  return parts.filter((part) => part !== '').join(', ');
}

/** The first line of a commit message. */
export function subjectOf(message: string | null): string | null {
  const subject = message?.split('\n', 1)[0]?.trim();
  return subject ? subject : null;
}

export interface FailureText {
  /** `while building`; empty when no stage failed. */
  readonly during: string;
  readonly error: string | null;
  /** The error that the log names, in one line. */
  readonly cause: string | null;
  /** Lines of the log around that error. */
  readonly excerpt: string | null;
  /** The last lines of the log, whole lines only. */
  readonly log: string | null;
}

/** The reader finds the rest of the log behind the link. */
export function failureText({ stage, error, cause, log }: Failure, room: Room): FailureText {
  return {
    during: stage ? `while ${stage}` : '',
    error,
    cause: cause?.line ?? null,
    excerpt: cause && excerptOf(cause, room),
    log: tailOf(log, room),
  };
}

/** The error with the lines before it, and with as many of those after it as there is room for. */
function excerptOf({ excerpt, at }: Cause, room: Room): string | null {
  const first = Math.max(0, Math.min(at - EXCERPT_LINES_BEFORE, excerpt.length - room.lines));
  const shown = excerpt.slice(first, first + room.lines);
  return textOf(linesWithin(shown, room));
}

const EXCERPT_LINES_BEFORE = 4;

interface Room {
  readonly lines: number;
  readonly characters: number;
}

/** Frames of the runtime and of packages: in a short excerpt they would leave no room for the message. */
const FOREIGN_FRAME = /^\s+at .*(?:\bnode:|[/\\]node_modules[/\\])/;

function tailOf(lines: readonly string[], room: Room): string | null {
  const useful = lines.length > room.lines ? lines.filter((line) => !FOREIGN_FRAME.test(line)) : lines;
  const lastFirst = useful.slice(-room.lines).reverse();
  return textOf(linesWithin(lastFirst, room).reverse());
}

function textOf(lines: readonly string[]): string | null {
  return lines.length === 0 ? null : lines.join('\n');
}

/** The first lines, as long as there is room. */
function linesWithin(lines: readonly string[], { characters }: Room): string[] {
  const kept: string[] = [];
  let left = characters;
  for (const line of lines) {
    const short = Array.from(line.slice(0, 2_000)).slice(0, 500).join('');
    left -= short.length + 1;
    if (left < 0) break;
    kept.push(short);
  }
  return kept;
}

export interface StageRow {
  readonly emoji: string;
  readonly name: string;
  readonly outcome: string;
  readonly time: string;
}

const OUTCOMES: Readonly<Record<StageStatus, { readonly emoji: string; readonly outcome: string }>> = {
  [STAGE_STATUS.pending]: { emoji: '▫️', outcome: 'Next' },
  [STAGE_STATUS.inProgress]: { emoji: '🔨', outcome: 'Running' },
  [STAGE_STATUS.completed]: { emoji: '✅', outcome: 'Done' },
  [STAGE_STATUS.failed]: { emoji: '❌', outcome: 'Failed' },
  [STAGE_STATUS.cancelled]: { emoji: '⏹️', outcome: 'Stopped' },
  [STAGE_STATUS.skipped]: { emoji: '➖', outcome: 'Nothing to do' },
};

const NAMES: Readonly<Record<StageName, string>> = {
  cloning: 'Cloning',
  checkout: 'Checking out',
  installing: 'Installing',
  building: 'Building',
  copying: 'Copying',
  deploying: 'Deploying',
  verifying: 'Verifying',
};

/** The stages that have begun: a run may never report the others. */
export function stageRows({ stages }: Situation): StageRow[] {
  const begun = stages.filter((stage) => stage.startedAt !== null || stage.status === STAGE_STATUS.failed);
  return begun.map((stage) => ({
    ...OUTCOMES[stage.status],
    name: NAMES[stage.name],
    time: stage.status === STAGE_STATUS.skipped ? '' : (showSpan(stage.startedAt, stage.completedAt) ?? ''),
  }));
}
