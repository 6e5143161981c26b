import { HEADLINES } from '../../../src/deployments/headlines.js';
import type { Situation, SituationKind } from '../../../src/deployments/situation.js';
import type { CommentReport, PictureReport } from '../../../src/reports/reporter.js';
import { shareWords } from '../../../src/screenshots/screenshot.js';
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
  readonly pictures: PicturesModel | null;
}

/** GitHub allows 65,536 characters; counted in bytes it is never more. */
const LONGEST_COMMENT = 65_536;

const ENDED: readonly SituationKind[] = ['removed', 'never-live', 'being-removed', 'skipped-by-rule'];

export function createRenderComment(load: LoadTemplate): (report: CommentReport) => string {
  const template = load<CommentModel>('comment');
  return (report) => cutBytes(template(modelOf(report)), LONGEST_COMMENT);
}

function modelOf({ marker, situations, pictures = [] }: CommentReport): CommentModel {
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
    pictures: picturesModel(pictures, { isOne: rows.length === 1 }),
  };
}

interface PicturesModel {
  readonly summary: string;
  readonly isOne: boolean;
  readonly each: readonly PictureModel[];
}

interface PictureModel {
  readonly project: string;
  /** Empty when there is nothing to compare with. */
  readonly sentence: string;
  readonly page: TwoSizes;
  /** Set when something changed. */
  readonly difference: (TwoSizes & { readonly before: TwoSizes; readonly after: TwoSizes }) | null;
}

interface TwoSizes {
  readonly small: string;
  readonly large: string;
}

function picturesModel(
  pictures: readonly PictureReport[],
  { isOne }: Pick<PicturesModel, 'isOne'>,
): PicturesModel | null {
  const [first] = pictures;
  if (!first) return null;
  const sentence = comparedWords(first);
  const summary = isOne && sentence !== '' ? `Screenshot: ${sentence}` : 'What it looks like';
  return { summary, isOne, each: pictures.map((picture) => pictureModel(picture, { isOne })) };
}

function pictureModel(picture: PictureReport, { isOne }: Pick<PicturesModel, 'isOne'>): PictureModel {
  const { project, pageUrl, thumbnailUrl, comparison } = picture;
  const page = { small: thumbnailUrl, large: pageUrl };
  const url = comparison?.differenceUrl ?? null;
  return {
    project,
    // With one project, the summary says it.
    sentence: isOne ? '' : comparedWords(picture) || 'new',
    page,
    difference:
      comparison === null || url === null
        ? null
        : {
            ...{ small: url, large: url, after: page },
            before: { small: comparison.beforeThumbnailUrl, large: comparison.beforeUrl },
          },
  };
}

function comparedWords({ comparison }: PictureReport): string {
  if (comparison === null) return '';
  const before = comparison.sha.slice(0, 7);
  if (comparison.changedShare === 0) return `looks as it did at ${before}`;
  return `${shareWords(comparison.changedShare)} of the page changed since ${before}`;
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

/** What the headline says of several projects. The one with the lowest rank decides: bad news first. */
const RANKS: Readonly<Record<SituationKind, { rank: number; many: string }>> = {
  'build-failed': { rank: 0, many: 'could not be previewed' },
  'failed-while-live': { rank: 0, many: 'could not be previewed' },
  'awaiting-approval': { rank: 1, many: 'wait for approval' },
  building: { rank: 2, many: 'are being built' },
  'building-while-live': { rank: 3, many: 'are being updated' },
  waiting: { rank: 4, many: 'wait for their build to start' },
  'build-cancelled': { rank: 5, many: 'were cancelled' },
  replaced: { rank: 6, many: 'wait for a newer commit' },
  'newer-commit': { rank: 6, many: 'wait for a newer commit' },
  live: { rank: 7, many: 'are ready' },
  asleep: { rank: 8, many: 'sleep' },
  'being-removed': { rank: 9, many: 'are being removed' },
  'skipped-by-rule': { rank: 10, many: 'get no preview' },
  'build-removed': { rank: 11, many: 'have no build any more' },
  removed: { rank: 12, many: 'were removed' },
  'never-live': { rank: 13, many: 'had no preview' },
};

interface Headline {
  readonly emoji: string;
  readonly sentence: string;
}

function headlineOf(rows: readonly RowModel[]): Headline {
  const [first, ...others] = [...rows].sort((a, b) => RANKS[a.kind].rank - RANKS[b.kind].rank);
  if (!first) return { emoji: '➖', sentence: HEADLINES['skipped-by-rule'] };
  const { many, rank } = RANKS[first.kind];
  if (others.length === 0) return { emoji: first.emoji, sentence: HEADLINES[first.kind] };
  const same = rows.filter(({ kind }) => RANKS[kind].rank === rank).length;
  const amount = same === rows.length ? `All ${same}` : `${same} of ${rows.length}`;
  return { emoji: first.emoji, sentence: `${amount} projects ${many}` };
}
