import type { Situation } from '../../../src/deployments/situation.js';
import { noteLine } from '../../../src/environments/notes.js';
import type { CheckReport } from '../../../src/reports/reporter.js';
import { cutBytes } from '../../../src/shared/markdown.js';
import { cleanLine } from '../../../src/shared/text.js';
import type { LoadTemplate } from '../../render.js';
import { type RowModel, rowModel } from './comment-text.js';
import {
  type FailureText,
  failureText,
  type Phrases,
  phrasesOf,
  type StageRow,
  stageRows,
  subjectOf,
} from './phrases.js';

export interface CheckText {
  readonly title: string;
  readonly summary: string;
}

interface CheckModel extends Phrases {
  readonly reason: Situation['reason'];
  readonly notes: readonly string[];
  readonly failure: FailureText | null;
  readonly stages: readonly StageRow[];
  readonly subject: string | null;
  readonly logsUrl: string | null;
  readonly reportedByRun: boolean;
}

/** In bytes, where GitHub's description says characters: https://github.com/github/docs/issues/35252 */
const LONGEST_SUMMARY = 65_535;
const LONGEST_TITLE = 255;
const LOG_ROOM = { lines: 50, characters: 12_000 };

export function createRenderCheck(load: LoadTemplate): (report: CheckReport) => CheckText {
  const template = load<CheckModel>('check-summary');
  const ofAll = load<{ readonly rows: readonly RowModel[]; readonly notes: readonly RowModel[] }>(
    'check-of-all',
  );
  return (report) => {
    if (report.situations) {
      const rows = report.situations.map(rowModel);
      const notes = rows.filter(({ reason, runsUrl }) => reason !== null || runsUrl !== null);
      return { title: shortTitle(report.title), summary: cutBytes(ofAll({ rows, notes }), LONGEST_SUMMARY) };
    }
    const model = modelOf(report.situation);
    return { title: titleOf(report, model), summary: cutBytes(template(model), LONGEST_SUMMARY) };
  };
}

function titleOf({ title }: CheckReport, { phrase, failure }: CheckModel): string {
  const words = failure?.cause
    ? `${title} ${failure.during}`.trim() + `: ${failure.cause}`
    : `${title} ${phrase}`;
  return shortTitle(words);
}

function shortTitle(words: string): string {
  const line = cleanLine(words).replace(/\s+/g, ' ').trim();
  const points = Array.from(line);
  return points.length > LONGEST_TITLE
    ? `${points.slice(0, LONGEST_TITLE - 1).join('')}…`
    : line || 'Preview';
}

function modelOf(situation: Situation): CheckModel {
  const { failure } = situation;
  return {
    ...phrasesOf(situation),
    reason: situation.reason,
    notes: situation.notes.map(noteLine),
    failure: failure && failureText(failure, LOG_ROOM),
    stages: stageRows(situation),
    subject: subjectOf(situation.commitMessage),
    logsUrl: situation.logsUrl,
    reportedByRun: situation.reportedByRun,
  };
}
