import type { Deployment } from '../../../src/deployments/model.js';
import { type Situation, situationOf, type Story } from '../../../src/deployments/situation.js';
import { type Environment, isActive } from '../../../src/environments/model.js';
import type { CommentReport, CommentRow } from '../../../src/reports/reporter.js';
import { cutBytes } from '../../../src/shared/markdown.js';
import { showSpan, showTime } from '../../../src/shared/time.js';
import type { LoadTemplate } from '../../render.js';
import {
  type CommitRef,
  commitRef,
  type Failure,
  failureOf,
  type LastGood,
  lastGoodOf,
  livesElsewhere,
  outcomePhrase,
  reasonOf,
  remedyOf,
  runsUrlOf,
} from './phrases.js';

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

interface RowModel extends Situation {
  readonly project: string;
  readonly phrase: string;
  readonly url: string | null;
  /** Where it will be: the address is known before there is anything to see. */
  readonly coming: string | null;
  readonly commit: CommitRef | null;
  readonly updated: string;
  readonly lastGood: LastGood | null;
  readonly failure: Failure | null;
  readonly reason: string | null;
  readonly remedy: string;
  /** Where the workflow is run again, of a commit that waits for that. */
  readonly runsUrl: string | null;
  readonly lived: string | null;
  readonly logsUrl: string | null;
  readonly commitUrl: string | null;
  readonly expires: string | null;
  readonly elsewhere: boolean;
}

const LOG_ROOM = { lines: 10, characters: 3_000 };

function rowModel({ environment, deployment }: CommentRow): RowModel {
  const situation = situationOf(environment, deployment);
  const { story } = situation;
  const live = story === 'live';
  const over = story === 'over' || story === 'unseen';
  const elsewhere = livesElsewhere(environment, deployment);
  return {
    ...situation,
    project: environment.project,
    phrase: outcomePhrase(story, deployment),
    url: live ? (environment.current?.url ?? environment.url) : null,
    coming: story === 'waiting' || story === 'building' ? environment.url : null,
    commit: environment.head ? commitRef(environment, environment.head.sha) : null,
    updated: showTime(changedAt(environment, deployment)),
    lastGood: lastGoodOf(environment, deployment),
    failure: story === 'broken' ? failureOf(deployment, LOG_ROOM) : null,
    reason: reasonOf(story, environment)?.detail ?? null,
    remedy: remedyOf(story, environment, elsewhere),
    runsUrl: runsUrlOf(story, environment),
    lived: over && environment.deployedAt ? showSpan(environment.createdAt, environment.destroyedAt) : null,
    logsUrl: over ? null : (deployment?.logsUrl ?? null),
    commitUrl: live ? (deployment?.commitUrl ?? null) : null,
    expires: live && !elsewhere && environment.expiresAt ? showTime(environment.expiresAt) : null,
    elsewhere,
  };
}

/** The last thing a reader would call an event. The document's own time moves with every write, and a comment must not. */
function changedAt(environment: Environment, deployment: Deployment | null): Date {
  if (!isActive(environment))
    return environment.destroyedAt ?? deployment?.completedAt ?? environment.createdAt;
  const built = deployment && (deployment.completedAt ?? deployment.startedAt ?? deployment.createdAt);
  return built ?? environment.head?.at ?? environment.createdAt;
}

/** The one sentence for all projects of a pull request: the worst news first. */
const RANK: readonly Story[] = [
  'broken',
  'held',
  'building',
  'renewing',
  'waiting',
  'stopped',
  'overtaken',
  'live',
  'leaving',
  'declined',
  'over',
  'unseen',
];

const ONE: Readonly<Record<Story, string>> = {
  broken: 'The preview of this commit failed',
  held: 'The preview waits for approval',
  building: 'The preview is being built',
  renewing: 'The preview is being updated',
  waiting: 'The preview waits for its build to start',
  stopped: 'The build of this preview was cancelled',
  overtaken: 'A newer commit is on its way',
  live: 'The preview is ready',
  leaving: 'The preview is being removed',
  declined: 'This commit gets no preview',
  over: 'The preview was destroyed',
  unseen: 'There was no preview',
};

const MANY: Readonly<Record<Story, string>> = {
  broken: 'could not be previewed',
  held: 'wait for approval',
  building: 'are being built',
  renewing: 'are being updated',
  waiting: 'wait for their build to start',
  stopped: 'were cancelled',
  overtaken: 'wait for a newer commit',
  live: 'are ready',
  leaving: 'are being removed',
  declined: 'get no preview',
  over: 'were destroyed',
  unseen: 'had no preview',
};

interface Headline {
  readonly emoji: string;
  readonly sentence: string;
  readonly story: Story;
}

function headlineOf(situations: readonly Situation[]): Headline {
  const [first, ...others] = [...situations].sort((a, b) => RANK.indexOf(a.story) - RANK.indexOf(b.story));
  if (!first) return { emoji: '➖', sentence: ONE.declined, story: 'declined' };
  const { emoji, story } = first;
  if (others.length === 0) return { emoji, sentence: ONE[story], story };
  const same = situations.filter((one) => one.story === story).length;
  const amount = same === situations.length ? `All ${same}` : `${same} of ${situations.length}`;
  return { emoji, sentence: `${amount} projects ${MANY[story]}`, story };
}
