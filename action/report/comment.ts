import { numberAt } from '../http/json.js';
import type { Result } from '../result/result.js';
import { headline } from '../result/summary.js';
import type { GitHub } from './connect.js';

interface CommentInput {
  readonly number: number;
  /** Invisible; the first line of the body. */
  readonly marker: string;
  readonly body: string;
}

type Comment = Awaited<ReturnType<GitHub['octokit']['rest']['issues']['listComments']>>['data'][number];

/** Writes the one comment, or edits it. Nothing is written that is there already. */
export async function writeComment(github: GitHub, { number, marker, body }: CommentInput): Promise<void> {
  const { octokit, at } = github;
  const text = `${marker}\n${body}`;
  const known = await findComment(github, { number, marker });
  if (known?.body === text) return;
  if (known) await octokit.rest.issues.updateComment({ ...at, comment_id: known.id, body: text });
  else await octokit.rest.issues.createComment({ ...at, issue_number: number, body: text });
}

/** By the marker and by who wrote it: anybody can copy the marker. */
export async function findComment(
  github: GitHub,
  { number, marker }: Pick<CommentInput, 'number' | 'marker'>,
): Promise<Comment | null> {
  const { octokit, at } = github;
  const author = await authorOf(github);
  const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
    ...at,
    issue_number: number,
    per_page: 100,
  });
  for await (const { data } of pages) {
    const found = data.find((comment) => comment.user?.login === author && comment.body?.startsWith(marker));
    if (found) return found;
  }
  return null;
}

/**
 * Whose token this is. GraphQL answers for every kind of token, `GET /user` only for a person's; where it does not, the workflow's own
 * token is the likely one.
 */
async function authorOf({ octokit }: GitHub): Promise<string> {
  try {
    const answer = await octokit.graphql<{ viewer: { login: string } }>('{ viewer { login } }');
    return answer.viewer.login;
  } catch (error) {
    if ((numberAt(error, 'status') ?? 500) >= 500) throw error;
    return 'github-actions[bot]';
  }
}

interface CommentTextInput {
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

/** Marks the comment of one project, invisibly. Another marker than the App's: the App edits only comments of its own. */
export function markerOf(project: string): string {
  return `<!-- vitrine:preview-of:${encodeURIComponent(project).replace(/-/g, '%2D')} -->`;
}
