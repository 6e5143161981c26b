import { z } from 'zod';
import type { CommentReport, Recipient, Reporter, SentReport } from '../../../src/reports/reporter.js';
import { isGitHubFailure } from '../../../src/repositories/github.js';
import { ask, type Caller, pages } from '../client/call.js';
import { contradiction, digestOf, fenced } from './fence.js';

interface CommentReporting {
  readonly caller: Caller;
  readonly appId: number;
  /** The login of the App: `vitrine[bot]`. Requested only for a comment that does not name its App. */
  readonly botLogin: () => Promise<string>;
  readonly render: (report: CommentReport) => string;
}

const Created = z.object({ id: z.int().positive() });
const Comment = Created.extend({
  body: z.string().nullish(),
  user: z.object({ login: z.string(), type: z.string().optional() }).nullish(),
  performed_via_github_app: z.object({ id: z.int() }).nullish(),
});
type Comment = z.infer<typeof Comment>;

/** Writes the one comment of a pull request. */
export function createReportComment(given: CommentReporting): Reporter['comment'] {
  return async (repo, report, last): Promise<SentReport> => {
    const reporting = { ...given, caller: fenced(given.caller, repo) };
    const comment = { repo, report, body: reporting.render(report) };
    const digest = digestOf({ body: comment.body });
    if (last && last.id !== null && last.digest === digest) return last;
    if (!last) return { id: await create(reporting, comment), digest };
    const edited = last.id === null ? null : await edit(reporting, { ...comment, id: last.id });
    return { id: edited ?? (await findOrCreate(reporting, { ...comment, gone: last.id })), digest };
  };
}

interface CommentToWrite {
  readonly repo: Recipient;
  readonly report: CommentReport;
  readonly body: string;
}

/** The outcome of an earlier attempt is unknown, or another project may have written the comment, or GitHub says that it is gone. */
async function findOrCreate(
  reporting: CommentReporting,
  { gone, ...comment }: CommentToWrite & { readonly gone: number | null },
): Promise<number> {
  const found = await find(reporting, comment);
  if (found === null) return create(reporting, comment);
  const edited = found === gone ? null : await edit(reporting, { ...comment, id: found });
  if (edited === null) throw contradiction('the comment');
  return edited;
}

async function find(reporting: CommentReporting, { repo, report }: CommentToWrite): Promise<number | null> {
  const list = pages(reporting.caller, {
    repo,
    purpose: 'report',
    route: 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
    parameters: { issue_number: report.number },
    item: Comment,
    maxPages: 50,
  });
  for await (const comments of list) {
    for (const comment of comments.filter(({ body }) => body?.startsWith(report.marker))) {
      if (await isOurs(reporting, comment)) return comment.id;
    }
  }
  return null;
}

/** Any user can copy the marker, and a person can write through the App: only the App's own bot counts. */
async function isOurs({ appId, botLogin }: CommentReporting, comment: Comment): Promise<boolean> {
  if (comment.user?.type !== 'Bot') return false;
  const app = comment.performed_via_github_app;
  return app ? app.id === appId : comment.user.login === (await botLogin());
}

/** Null when the comment was deleted. */
async function edit(
  { caller }: CommentReporting,
  { repo, body, id }: CommentToWrite & { readonly id: number },
): Promise<number | null> {
  try {
    const edited = await ask(caller, {
      repo,
      purpose: 'report',
      route: 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
      parameters: { comment_id: id, body },
      schema: Created,
    });
    return edited.id;
  } catch (error) {
    if (isGitHubFailure(error) && error.kind === 'gone') return null;
    throw error;
  }
}

async function create({ caller }: CommentReporting, { repo, report, body }: CommentToWrite): Promise<number> {
  const { id } = await ask(caller, {
    repo,
    purpose: 'report',
    route: 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
    parameters: { issue_number: report.number, body },
    schema: Created,
  });
  return id;
}
