import type { Story } from '../../../src/deployments/situation.js';
import type { CommentReport } from '../../../src/reports/reporter.js';
import { cutBytes } from '../../../src/shared/markdown.js';
import type { LoadTemplate } from '../../render.js';
import { rowModel, type RowModel } from './comment-row.js';
import { headlineOf, type Headline } from './headline.js';

interface CommentModel {
  readonly marker: string;
  readonly headline: Headline;
  readonly rows: readonly RowModel[];
  /** The only project, whose address and reason stand in the headline. */
  readonly only: RowModel | null;
  readonly failures: readonly RowModel[];
  readonly notes: readonly RowModel[];
  readonly addresses: readonly RowModel[];
  readonly footers: readonly RowModel[];
  /** False once everything is gone: there is nothing left to explain. */
  readonly alive: boolean;
  readonly held: boolean;
  /** Whether any is served from here, and whether any lives elsewhere. */
  readonly hosted: boolean;
  readonly elsewhere: boolean;
}

/** GitHub allows 65,536 characters; counted in bytes it is never more. */
const LONGEST_COMMENT = 65_536;

const ENDED: readonly Story[] = ['over', 'unseen', 'leaving', 'declined'];

export function createRenderComment(load: LoadTemplate): (report: CommentReport) => string {
  const template = load<CommentModel>('comment');
  return (report) => cutBytes(template(modelOf(report)), LONGEST_COMMENT);
}

function modelOf({ marker, rows: reported }: CommentReport): CommentModel {
  const rows = reported.map(rowModel);
  const [first] = rows;
  return {
    marker,
    headline: headlineOf(rows),
    rows,
    only: first && rows.length === 1 ? first : null,
    failures: rows.filter(({ failure }) => failure !== null),
    notes: rows.filter(({ reason, runsUrl }) => reason !== null || runsUrl !== null),
    addresses: rows.filter(({ commitUrl }) => commitUrl !== null),
    footers: rows.filter(({ logsUrl, expires }) => logsUrl !== null || expires !== null),
    alive: rows.some(({ story }) => !ENDED.includes(story)),
    held: rows.some(({ story }) => story === 'held'),
    hosted: rows.some((row) => !row.elsewhere),
    elsewhere: rows.some((row) => row.elsewhere),
  };
}
