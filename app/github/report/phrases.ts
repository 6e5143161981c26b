import type { Deployment } from '../../../src/deployments/model.js';
import type { Story } from '../../../src/deployments/situation.js';
import { type Environment, isActive } from '../../../src/environments/model.js';
import { needsRerun } from '../../../src/environments/reasons.js';
import type { Decision, Rule } from '../../../src/pull-requests/decide/decision.js';
import type { Stage, StageName } from '../../../src/shared/status/stages.js';
import { STAGE_STATUS, type StageStatus } from '../../../src/shared/status/words.js';
import { showSpan, showTime } from '../../../src/shared/time.js';

export interface CommitRef {
  readonly short: string;
  /** Where GitHub shows it, within its pull request. */
  readonly url: string;
}

/** GitHub links commits in plain words by itself, but in those of our own repository only; a link of ours is always right. */
export function commitRef(environment: Environment, sha: string): CommitRef {
  const pull = environment.pullRequest?.url;
  return { short: sha.slice(0, 7), url: pull ? `${pull}/commits/${sha}` : '' };
}

/** The first line of a commit message. */
export function subjectOf(message: string | null | undefined): string | null {
  const subject = message?.split('\n', 1)[0]?.trim();
  return subject ? subject : null;
}

export interface Failure {
  /** `while building`; empty when no stage is to blame. */
  readonly during: string;
  readonly error: string | null;
  /** The last lines of the log, whole lines only. */
  readonly log: string | null;
}

/** Of a log of any length, the last lines that fit. Who needs more follows the link. */
export function failureOf(
  deployment: Deployment | null,
  room: { readonly lines: number; readonly characters: number },
): Failure {
  const stage = failedStage(deployment);
  return {
    during: stage ? `while ${stage.name}` : '',
    error: deployment?.error ?? stage?.error ?? null,
    log: tailOf(deployment?.logTail ?? [], room),
  };
}

/** Frames of a stack that lie in the runtime or in a package: where room is short they would push the message out. */
const FOREIGN_FRAME = /^\s+at .*(?:\bnode:|[/\\]node_modules[/\\])/;

function tailOf(lines: readonly string[], room: { lines: number; characters: number }): string | null {
  const kept: string[] = [];
  let left = room.characters;
  const telling = lines.length > room.lines ? lines.filter((line) => !FOREIGN_FRAME.test(line)) : lines;
  for (const line of telling.slice(-room.lines).reverse()) {
    const short = Array.from(line.slice(0, 2_000)).slice(0, 500).join('');
    left -= short.length + 1;
    if (left < 0) break;
    kept.unshift(short);
  }
  return kept.length === 0 ? null : kept.join('\n');
}

export interface LastGood {
  readonly url: string;
  readonly commit: CommitRef;
  readonly at: string;
}

/** What visitors still see while the newest commit is not live: an older one. */
export function lastGoodOf(environment: Environment, deployment: Deployment | null): LastGood | null {
  const { current, head } = environment;
  if (!current || !isActive(environment)) return null;
  if (current.sha === head?.sha && (deployment === null || current.deploymentId === deployment.id))
    return null;
  return { url: current.url, commit: commitRef(environment, current.sha), at: showTime(current.at) };
}

/** An earlier step of the workflow deployed it, and we only lead there: nothing of it ends when we say so. */
export function livesElsewhere({ current }: Environment, deployment: Deployment | null): boolean {
  const shown = current ?? deployment;
  return shown !== null && shown.url !== null && shown.artifactRoot === null;
}

/** What follows the label: `in 42 s`, `while building, after 42 s`. Empty for stories without an end. */
export function outcomePhrase(story: Story, deployment: Deployment | null): string {
  const took = showSpan(deployment?.startedAt, deployment?.completedAt);
  if (story === 'live') return took ? `in ${took}` : '';
  if (story !== 'broken') return '';
  const stage = failedStage(deployment);
  const parts = [stage ? `while ${stage.name}` : '', took ? `after ${took}` : ''];
  return parts.filter((part) => part !== '').join(', ');
}

const DECIDED: readonly Story[] = ['held', 'declined', 'leaving', 'over', 'unseen'];

/** They tell of a preview that is taken down. */
const CLOSED: readonly Rule[] = ['closed', 'merged'];

/** The decision that tells why there is no preview, or no longer; null where there is one. */
export function reasonOf(story: Story, { decision }: Pick<Environment, 'decision'>): Decision | null {
  if (story === 'unseen' && decision && CLOSED.includes(decision.rule)) return null;
  return DECIDED.includes(story) && decision?.action !== 'deploy' ? decision : null;
}

const REMEDIES: Readonly<Record<Story, string>> = {
  waiting:
    'It starts with the workflow of this repository. If nothing moves: GitHub runs no workflow while a pull request has conflicts, and the workflow must have a step that uses the preview action.',
  building: '',
  renewing: '',
  live: '',
  broken: 'Push a fix, or re-run the workflow if it was bad luck.',
  stopped: 'Re-run the workflow to build this commit.',
  overtaken: 'The preview follows the newest commit; this one is not built any more.',
  held: '',
  declined: '',
  leaving: 'Everything it used is being removed.',
  over: 'Everything it used is removed.',
  unseen: '',
};

const ELSEWHERE: Readonly<Partial<Record<Story, string>>> = {
  leaving: 'What an earlier step of the workflow deployed elsewhere is removed there, not from here.',
  over: 'What an earlier step of the workflow deployed elsewhere is removed there, not from here.',
};

const RERUN = 'GitHub starts the workflow for new commits only: re-run it to build this one.';

const READY =
  'The workflow starts by itself if ready_for_review is among its types of pull_request. If it is not, re-run it to build this commit.';

/** What a reader can do about it, or what happens next. Plain Markdown of ours; a decision brings its own in its detail. */
export function remedyOf(story: Story, environment: Environment, elsewhere: boolean): string {
  if (waitsForRerun(story, environment))
    return environment.decision?.rule === 'ready-for-review' ? READY : RERUN;
  return (elsewhere ? ELSEWHERE[story] : undefined) ?? REMEDIES[story];
}

function waitsForRerun(story: Story, environment: Environment): boolean {
  return story === 'waiting' && needsRerun(environment);
}

/** Where a person finds the workflow runs of a commit that waits for one to be run again. */
export function runsUrlOf(story: Story, environment: Environment): string | null {
  const { pullRequest } = environment;
  return pullRequest && waitsForRerun(story, environment) ? `${pullRequest.url}/checks` : null;
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

/** The stages that have begun. Those that a run never reports would only puzzle. */
export function stageRows(deployment: Deployment | null): StageRow[] {
  const begun =
    deployment?.stages.filter((stage) => stage.startedAt !== null || stage.status === STAGE_STATUS.failed) ??
    [];
  return begun.map((stage) => ({
    ...OUTCOMES[stage.status],
    name: NAMES[stage.name],
    time: stage.status === STAGE_STATUS.skipped ? '' : (showSpan(stage.startedAt, stage.completedAt) ?? ''),
  }));
}

function failedStage(deployment: Deployment | null): Stage | undefined {
  return deployment?.stages.find((stage) => stage.status === STAGE_STATUS.failed);
}
