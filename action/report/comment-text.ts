import type { Result } from '../result/result.js';
import { headline } from '../result/summary.js';

export interface CommentTextInput {
  readonly project: string;
  readonly result: Result;
  readonly logsUrl: string;
}

/** The sticky comment of a run without a server. Without a time of its own: an edit that changes nothing is not sent. */
export function renderComment({ project, result, logsUrl }: CommentTextInput): string {
  const name = project.replace(/[^\w.-]/g, '_');
  const preview = result.url === '' ? '' : `<${result.url}>`;
  return [
    `| Project | Status | Preview | Commit |`,
    '|---|---|---|---|',
    `| ${name} | ${headline(result)} | ${preview} | \`${result.sha.slice(0, 7)}\` |`,
    '',
    `[Logs](${logsUrl})`,
  ].join('\n');
}
