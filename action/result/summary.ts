import type { StageBody } from '../../src/contract/deployments.js';
import { fence, inlineCode } from '../../src/shared/markdown.js';
import { DEPLOYMENT } from '../../src/shared/status/deployment.js';
import { ENVIRONMENT } from '../../src/shared/status/environment.js';
import { STAGE_STATUS, type StageStatus } from '../../src/shared/status/words.js';
import { capitalised } from '../../src/shared/text.js';
import { showDuration, showTime } from '../../src/shared/time.js';
import { type Result, whyOf } from './result.js';

const TAIL_LINES = 30;

const REASON = 500;

/** The job summary. Its first line says how the run ended. */
export function renderSummary(result: Result, logsUrl: string): string {
  const details = renderDetails(result, logsUrl);
  return `### Preview\n\n${headline(result)}\n${details === '' ? '' : `\n${details}`}`;
}

/** URLs, stages with their times and, after a failure, the error in the log and its last lines. */
export function renderDetails(result: Result, logsUrl: string): string {
  const parts = [facts(result, logsUrl), stageTable(result), notesOf(result), errorOf(result), tail(result)];
  const filled = parts.filter((part) => part !== '');
  return filled.length === 0 ? '' : `${filled.join('\n\n')}\n`;
}

/** One line: emoji, status and reason. */
export function headline({
  status,
  failedStage,
  ...result
}: Pick<Result, 'status' | 'reason' | 'failedStage' | 'cause'>): string {
  const known = Object.entries({ ...ENVIRONMENT, ...DEPLOYMENT }).find(([word]) => word === status)?.[1].text;
  const label = known ? `${known.emoji} ${known.label}` : `ℹ️ ${sentence(status)}`;
  const where = failedStage ? ` while ${failedStage}` : '';
  const why = whyOf(result);
  return why === '' ? `**${label}**` : `**${label}${where}**: ${inlineCode(why, REASON)}`;
}

function facts({ url, commitUrl, sha, expiresAt }: Result, logsUrl: string): string {
  const rows = [
    ['Preview', url && `<${url}>`],
    ['This commit', commitUrl && `<${commitUrl}>`],
    ['Commit', sha && inlineCode(sha.slice(0, 7))],
    ['Expires', expiresAt && `${showTime(new Date(expiresAt))} UTC`],
    ['Logs', logsUrl && `<${logsUrl}>`],
  ].filter(([, value]) => value);
  if (rows.length === 0) return '';
  return [
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${String(name)} | ${String(value)} |`),
  ].join('\n');
}

function stageTable({ stages }: Result): string {
  if (stages.length === 0) return '';
  const rows = stages.map(
    (stage) => `| ${capitalised(stage.name)} | ${stageWords(stage)} | ${timeOf(stage)} |`,
  );
  return ['| Stage | Result | Time |', '|---|---|--:|', ...rows].join('\n');
}

function timeOf({ startedAt, completedAt }: Result['stages'][number]): string {
  if (startedAt === null || completedAt === null) return '';
  return showDuration(Date.parse(completedAt) - Date.parse(startedAt));
}

function notesOf({ notes }: Result): string {
  return notes.map((note) => `- ${inlineCode(note, REASON)}`).join('\n');
}

/** How the command ended, and the lines around the error. */
function errorOf({ cause, reason }: Result): string {
  if (cause === null) return '';
  return `${inlineCode(reason, REASON)} The first error in its log:\n\n${fence(cause.excerpt.join('\n'))}`;
}

/** Folded when the error is shown: it is seldom at the end. */
function tail({ logTail, cause }: Result): string {
  if (logTail.length === 0) return '';
  const lines = fence(logTail.slice(-TAIL_LINES).join('\n'));
  if (cause === null) return `Last lines of the log:\n\n${lines}`;
  return `<details>\n<summary>Last lines of the log</summary>\n\n${lines}\n\n</details>`;
}

function sentence(word: string): string {
  return capitalised(word).replace(/_/g, ' ');
}

const WORDS: Readonly<Record<StageStatus, string>> = {
  [STAGE_STATUS.pending]: '▫️ Next',
  [STAGE_STATUS.inProgress]: '🔨 Running',
  [STAGE_STATUS.completed]: '✅ Done',
  [STAGE_STATUS.failed]: '❌ Failed',
  [STAGE_STATUS.cancelled]: '⏹️ Stopped',
  [STAGE_STATUS.skipped]: '➖ Not reached',
};

/** The words for the end of a stage; the check of the App uses the same. */
function stageWords({ status, startedAt }: Pick<StageBody, 'status' | 'startedAt'>): string {
  return status === STAGE_STATUS.skipped && startedAt !== null ? '➖ Nothing to do' : WORDS[status];
}
