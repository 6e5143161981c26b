import { numberAt } from '../http/json.js';
import type { Result } from '../result/result.js';
import { headline } from '../result/summary.js';
import type { GitHub } from './connect.js';

interface CommentInput {
  readonly number: number;
  /** The first line of the body; an HTML comment. */
  readonly marker: string;
  readonly body: string;
}

type Comment = Awaited<ReturnType<GitHub['octokit']['rest']['issues']['listComments']>>['data'][number];

/** Creates the comment, or edits it when its text differs. */
export async function writeComment(github: GitHub, { number, marker, body }: CommentInput): Promise<void> {
  const { octokit, at } = github;
  const text = `${marker}\n${body}`;
  const existing = await findComment(github, { number, marker });
  if (existing?.body === text) return;
  if (existing) await octokit.rest.issues.updateComment({ ...at, comment_id: existing.id, body: text });
  else await octokit.rest.issues.createComment({ ...at, issue_number: number, body: text });
}

/** Finds the comment by its marker and its author, because a person can copy the marker. */
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
 * The owner of the token. GraphQL answers for every kind of token, `GET /user` only for the token of a person. When GraphQL refuses,
 * it is probably the token of the workflow.
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

/** The comment of a run without a server. It contains no time, so that an unchanged comment is not edited. */
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

/** The marker of a project's comment. It differs from the App's marker: the App edits only its own comments. */
export function markerOf(project: string): string {
  return `<!-- vitrine:preview-of:${encodeURIComponent(project).replace(/-/g, '%2D')} -->`;
}
