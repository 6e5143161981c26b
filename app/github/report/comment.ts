import { z } from 'zod';
import type { CommentReport, Recipient, Told } from '../../../src/reports/reporter.js';
import { isGitHubFailure } from '../../../src/repositories/github.js';
import { ask, type Caller, pages } from '../client/call.js';
import { digestOf, fenced } from './fence.js';

interface CommentReporting {
  readonly caller: Caller;
  readonly appId: number;
  /** The login under which the App writes: `vitrine[bot]`. Asked for only when a comment does not name its App. */
  readonly botLogin: () => Promise<string>;
  readonly render: (report: CommentReport) => string;
}

interface Wanted {
  readonly repo: Recipient;
  readonly report: CommentReport;
  /** Null: never tried. Id null: tried, outcome unknown, or another project may have written it. */
  readonly last: Told | null;
}

const Made = z.object({ id: z.int().positive() });
const Comment = Made.extend({
  body: z.string().nullish(),
  user: z.object({ login: z.string(), type: z.string().optional() }).nullish(),
  performed_via_github_app: z.object({ id: z.int() }).nullish(),
});
type Comment = z.infer<typeof Comment>;

/** The one comment of a pull request. */
export async function reportComment(given: CommentReporting, wanted: Wanted): Promise<Told> {
  const { last, report } = wanted;
  const reporting = { ...given, caller: fenced(given.caller, wanted.repo) };
  const body = reporting.render(report);
  const digest = digestOf({ body });
  if (last && last.id !== null && last.digest === digest) return last;
  if (!last) return { id: await create(reporting, { wanted, body }), digest };
  const edited = last.id === null ? null : await edit(reporting, { wanted, body, id: last.id });
  return { id: edited ?? (await findOrCreate(reporting, { wanted, body })), digest };
}

interface Writing {
  readonly wanted: Wanted;
  readonly body: string;
}

async function findOrCreate(reporting: CommentReporting, writing: Writing): Promise<number> {
  const found = await find(reporting, writing.wanted);
  const edited = found === null ? null : await edit(reporting, { ...writing, id: found });
  return edited ?? create(reporting, writing);
}

async function find(reporting: CommentReporting, { repo, report }: Wanted): Promise<number | null> {
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

/** Anybody can copy the marker. A person who acts through the App is not the App either. */
async function isOurs({ appId, botLogin }: CommentReporting, comment: Comment): Promise<boolean> {
  if (comment.user?.type !== 'Bot') return false;
  const app = comment.performed_via_github_app;
  return app ? app.id === appId : comment.user.login === (await botLogin());
}

/** Null when somebody deleted it. */
async function edit(
  { caller }: CommentReporting,
  { wanted, body, id }: Writing & { readonly id: number },
): Promise<number | null> {
  try {
    const made = await ask(caller, {
      repo: wanted.repo,
      purpose: 'report',
      route: 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
      parameters: { comment_id: id, body },
      schema: Made,
    });
    return made.id;
  } catch (error) {
    if (isGitHubFailure(error) && error.kind === 'gone') return null;
    throw error;
  }
}

async function create({ caller }: CommentReporting, { wanted, body }: Writing): Promise<number> {
  const { id } = await ask(caller, {
    repo: wanted.repo,
    purpose: 'report',
    route: 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
    parameters: { issue_number: wanted.report.number, body },
    schema: Made,
  });
  return id;
}
