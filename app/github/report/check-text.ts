import { situationOf, type Situation, type Story } from '../../../src/deployments/situation.js';
import { noteLine } from '../../../src/environments/notes.js';
import type { Decision } from '../../../src/pull-requests/decide/decision.js';
import type { CheckReport } from '../../../src/reports/reporter.js';
import { cutBytes } from '../../../src/shared/markdown.js';
import { showSpan, showTime } from '../../../src/shared/time.js';
import type { LoadTemplate } from '../../render.js';
import {
  commitRef,
  type CommitRef,
  type Failure,
  failureOf,
  type LastGood,
  lastGoodOf,
  livesElsewhere,
  outcomePhrase,
  reasonOf,
  remedyOf,
  runsUrlOf,
  type StageRow,
  stageRows,
  subjectOf,
} from './phrases.js';

export interface CheckText {
  readonly title: string;
  readonly summary: string;
}

interface CheckModel extends Situation {
  readonly phrase: string;
  readonly lived: string | null;
  readonly url: string | null;
  readonly coming: string | null;
  readonly reason: Decision | null;
  readonly remedy: string;
  readonly runsUrl: string | null;
  readonly notes: readonly string[];
  readonly failure: Failure | null;
  readonly stages: readonly StageRow[];
  readonly lastGood: LastGood | null;
  readonly commit: CommitRef & { readonly subject: string | null };
  readonly commitUrl: string | null;
  readonly logsUrl: string | null;
  readonly expires: string | null;
  /** The workflow run has a check of its own for this deployment. */
  readonly twin: boolean;
}

/** In bytes, where GitHub's description says characters: https://github.com/github/docs/issues/35252 */
const LONGEST_SUMMARY = 65_535;
const LONGEST_TITLE = 255;
const LOG_ROOM = { lines: 50, characters: 12_000 };
/** A run has begun: its stages tell something that the sentence does not, and it may tell by a check of its own. */
const BUILT: readonly Story[] = ['building', 'renewing', 'live', 'broken', 'stopped'];
const OVERTAKEN: Situation = { story: 'overtaken', emoji: '⏭️', label: 'Overtaken by a newer commit' };

export function createRenderCheck(load: LoadTemplate): (report: CheckReport) => CheckText {
  const template = load<CheckModel>('check-summary');
  return (report) => {
    const model = modelOf(report);
    return { title: titleOf(report, model), summary: cutBytes(template(model), LONGEST_SUMMARY) };
  };
}

function titleOf({ title }: CheckReport, { phrase }: CheckModel): string {
  const line = `${title} ${phrase}`.replace(/\s+/g, ' ').trim();
  const points = Array.from(line);
  return points.length > LONGEST_TITLE
    ? `${points.slice(0, LONGEST_TITLE - 1).join('')}…`
    : line || 'Preview';
}

function modelOf(report: CheckReport): CheckModel {
  const { environment, deployment, sha } = report;
  const overtaken = environment.head !== null && environment.head.sha !== sha;
  const situation = overtaken ? OVERTAKEN : situationOf(environment, deployment);
  const { story } = situation;
  const live = story === 'live';
  const elsewhere = livesElsewhere(environment, deployment);
  return {
    ...situation,
    phrase: outcomePhrase(story, deployment),
    lived:
      story === 'over' && environment.deployedAt
        ? showSpan(environment.createdAt, environment.destroyedAt)
        : null,
    url: live ? (environment.current?.url ?? environment.url) : null,
    coming: story === 'waiting' || story === 'building' ? environment.url : null,
    reason: reasonOf(story, report),
    remedy: remedyOf(story, environment, elsewhere),
    runsUrl: runsUrlOf(story, environment),
    notes: overtaken ? [] : environment.notes.map(noteLine),
    failure: story === 'broken' ? failureOf(deployment, LOG_ROOM) : null,
    stages: BUILT.includes(story) ? stageRows(deployment) : [],
    lastGood: overtaken ? null : lastGoodOf(environment, deployment),
    commit: { ...commitRef(environment, sha), subject: subjectOf(deployment?.commitMessage) },
    commitUrl: live ? (deployment?.commitUrl ?? null) : null,
    logsUrl: deployment?.logsUrl ?? null,
    expires: live && !elsewhere && environment.expiresAt ? showTime(environment.expiresAt) : null,
    twin: BUILT.includes(story) && deployment?.id === environment.head?.selfReported,
  };
}
