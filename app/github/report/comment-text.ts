import type { Situation, SituationKind } from '../../../src/deployments/situation.js';
import type { CommentReport } from '../../../src/reports/reporter.js';
import { cutBytes } from '../../../src/shared/markdown.js';
import { showTime } from '../../../src/shared/time.js';
import type { LoadTemplate } from '../../render.js';
import { type FailureText, failureText, type Phrases, phrasesOf } from './phrases.js';

interface CommentModel {
  readonly marker: string;
  readonly headline: Headline;
  readonly rows: readonly RowModel[];
  /** Set when there is one project: its URL and reason are in the headline. */
  readonly only: RowModel | null;
  readonly failures: readonly RowModel[];
  readonly notes: readonly RowModel[];
  readonly commits: readonly RowModel[];
  readonly footers: readonly RowModel[];
  /** False once every preview is removed: there is nothing left to explain. */
  readonly alive: boolean;
  readonly held: boolean;
  readonly troubles: readonly RowModel[];
  /** Whether any preview is served by this server. */
  readonly hosted: boolean;
  /** Whether closing removes any preview, and whether any must be removed where the workflow deployed it. */
  readonly removes: boolean;
  readonly unmanaged: boolean;
}

/** GitHub allows 65,536 characters; counted in bytes it is never more. */
const LONGEST_COMMENT = 65_536;

const ENDED: readonly SituationKind[] = ['removed', 'never-live', 'being-removed', 'skipped-by-rule'];

export function createRenderComment(load: LoadTemplate): (report: CommentReport) => string {
  const template = load<CommentModel>('comment');
  return (report) => cutBytes(template(modelOf(report)), LONGEST_COMMENT);
}

function modelOf({ marker, situations }: CommentReport): CommentModel {
  const rows = situations.map(rowModel);
  const [first] = rows;
  return {
    marker,
    headline: headlineOf(rows),
    rows,
    only: first && rows.length === 1 ? first : null,
    failures: rows.filter(({ failure }) => failure !== null),
    notes: rows.filter(({ reason, runsUrl }) => reason !== null || runsUrl !== null),
    commits: rows.filter(({ commitUrl }) => commitUrl !== null),
    footers: rows.filter(({ logsUrl, ends }) => logsUrl !== null || ends !== null),
    alive: rows.some(({ kind }) => !ENDED.includes(kind)),
    held: rows.some(({ kind }) => kind === 'awaiting-approval'),
    hosted: rows.some((row) => !row.elsewhere),
    removes: rows.some((row) => !row.unmanaged),
    unmanaged: rows.some((row) => row.unmanaged),
    troubles: rows.filter(({ trouble }) => trouble !== null),
  };
}

export interface RowModel extends Phrases {
  readonly kind: SituationKind;
  readonly project: string;
  readonly updated: string;
  readonly failure: FailureText | null;
  readonly reason: string | null;
  readonly logsUrl: string | null;
  readonly elsewhere: boolean;
  readonly unmanaged: boolean;
}

const LOG_ROOM = { lines: 10, characters: 3_000 };

export function rowModel(situation: Situation): RowModel {
  const { kind, project, failure, reason, logsUrl, elsewhere, unmanaged } = situation;
  const over = kind === 'removed' || kind === 'never-live';
  return {
    ...phrasesOf(situation),
    kind,
    project,
    updated: showTime(situation.changedAt),
    failure: failure && failureText(failure, LOG_ROOM),
    reason: reason?.detail ?? null,
    logsUrl: over ? null : logsUrl,
    elsewhere,
    unmanaged,
  };
}

const FAILED = { rank: 0, one: 'The preview of this commit failed', many: 'could not be previewed' };
const NEWER = { rank: 6, one: 'A newer commit is on its way', many: 'wait for a newer commit' };
const READY = { rank: 7, one: 'The preview is ready', many: 'are ready' };

/** What the headline says of one project and of several. The one with the lowest rank decides: bad news first. */
const HEADLINES: Readonly<Record<SituationKind, { rank: number; one: string; many: string }>> = {
  'build-failed': FAILED,
  'failed-while-live': FAILED,
  'awaiting-approval': { rank: 1, one: 'The preview waits for approval', many: 'wait for approval' },
  building: { rank: 2, one: 'The preview is being built', many: 'are being built' },
  'building-while-live': { rank: 3, one: 'The preview is being updated', many: 'are being updated' },
  waiting: {
    rank: 4,
    one: 'The preview waits for its build to start',
    many: 'wait for their build to start',
  },
  'build-cancelled': { rank: 5, one: 'The build of this preview was cancelled', many: 'were cancelled' },
  replaced: NEWER,
  'newer-commit': NEWER,
  live: READY,
  asleep: { rank: 8, one: 'The preview sleeps until it is opened', many: 'sleep' },
  'being-removed': { rank: 9, one: 'The preview is being removed', many: 'are being removed' },
  'skipped-by-rule': { rank: 10, one: 'This commit gets no preview', many: 'get no preview' },
  'build-removed': { rank: 11, one: 'The build of this commit was removed', many: 'have no build any more' },
  removed: { rank: 12, one: 'The preview was removed', many: 'were removed' },
  'never-live': { rank: 13, one: 'There was no preview', many: 'had no preview' },
};

interface Headline {
  readonly emoji: string;
  readonly sentence: string;
}

function headlineOf(rows: readonly RowModel[]): Headline {
  const [first, ...others] = [...rows].sort((a, b) => HEADLINES[a.kind].rank - HEADLINES[b.kind].rank);
  if (!first) return { emoji: '➖', sentence: HEADLINES['skipped-by-rule'].one };
  const { one, many, rank } = HEADLINES[first.kind];
  if (others.length === 0) return { emoji: first.emoji, sentence: one };
  const same = rows.filter(({ kind }) => HEADLINES[kind].rank === rank).length;
  const amount = same === rows.length ? `All ${same}` : `${same} of ${rows.length}`;
  return { emoji: first.emoji, sentence: `${amount} projects ${many}` };
}
