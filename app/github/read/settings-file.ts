import { z } from 'zod';
import {
  GitHubFailure,
  isGitHubFailure,
  type SettingsAnswer,
  type SettingsQuestion,
} from '../../../src/repositories/github.js';
import type { RepoRef } from '../../../src/repositories/model.js';
import type { SettingsText } from '../../../src/settings/read.js';
import { ask, type Caller, send } from '../client/call.js';
import type { RawAnswer } from '../client/octokit.js';

const FOLDER = '.github';
const NAME = 'preview.yml';
const MAX_BYTES = 1024 * 1024;
const NOT_MODIFIED = 304;
/** More is refused when it is read, so no more is kept. */
const LONGEST_KEPT = 33_000;

const Entry = z.object({ type: z.enum(['file', 'dir', 'symlink', 'submodule']), name: z.string() });
const Listing = z.array(Entry);
/** A link, a submodule, or a folder: GitHub lists what is in it. */
const Other = z.union([z.object({ type: z.enum(['symlink', 'submodule', 'dir']) }), Listing]);
const Text = z.object({ type: z.literal('file'), encoding: z.string(), size: z.int(), content: z.string() });

interface Reading {
  readonly repo: RepoRef;
  readonly question: SettingsQuestion;
}

/**
 * The JSON form of the file and not its raw bytes: it tells a file from a symbolic link or a submodule, and carries no more than a
 * megabyte.
 */
export async function readSettingsFile(caller: Caller, reading: Reading): Promise<SettingsAnswer> {
  const answer = await contentsAt(caller, reading, `/${FOLDER}/${NAME}`);
  if (answer?.status === NOT_MODIFIED) return { kind: 'unchanged' };
  if (answer) return { kind: 'file', file: textOf(answer.data), etag: etagOf(answer) };
  if (reading.question.expected === true && !(await isAbsent(caller, reading)))
    throw unexpected('GitHub does not find .github/preview.yml, and does not show that it is gone');
  return { kind: 'absent' };
}

/** Null when GitHub does not find it. */
async function contentsAt(
  caller: Caller,
  { repo, question: { sha, etag } }: Reading,
  path: string,
): Promise<RawAnswer | null> {
  try {
    return await send(caller, {
      repo,
      purpose: 'read',
      route: `GET /repos/{owner}/{repo}/contents${path}`,
      parameters: {
        // Without a ref GitHub takes the default branch, whose name may have changed since we heard it.
        ...(sha === null ? {} : { ref: sha }),
        ...(etag ? { headers: { 'if-none-match': etag } } : {}),
      },
    });
  } catch (error) {
    if (isGitHubFailure(error) && error.kind === 'gone') return null;
    throw error;
  }
}

const Tree = z.object({ tree: z.array(z.object({ path: z.string() })), truncated: z.boolean().optional() });

/** Whether a list of files shows that the file, or its folder, is not there. */
async function isAbsent(caller: Caller, { repo, question: { sha } }: Reading): Promise<boolean> {
  const folder = await contentsAt(caller, { repo, question: { sha } }, `/${FOLDER}`);
  const listed = Listing.safeParse(folder?.data).data;
  if (listed) return !listed.some(({ name }) => name === NAME);
  const root = await ask(caller, {
    repo,
    purpose: 'read',
    route: 'GET /repos/{owner}/{repo}/git/trees/{tree_sha}',
    parameters: { tree_sha: sha ?? 'HEAD' },
    schema: Tree,
  }).catch((error: unknown) => {
    if (isGitHubFailure(error) && error.kind === 'gone') return null;
    throw error;
  });
  return root !== null && root.truncated !== true && !root.tree.some(({ path }) => path === FOLDER);
}

function textOf(data: unknown): SettingsText {
  const text = Text.safeParse(data).data;
  if (!text && !Other.safeParse(data).success)
    throw unexpected('GitHub answered the question for .github/preview.yml with something unexpected');
  if (text?.encoding !== 'base64' || text.size > MAX_BYTES)
    return { problem: 'must be a plain file of at most 1 MiB, not a link and not a folder' };
  try {
    const bytes = Buffer.from(text.content, 'base64');
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).slice(0, LONGEST_KEPT);
  } catch {
    return { problem: 'must be text in UTF-8' };
  }
}

function etagOf({ headers: { etag } }: RawAnswer): string | null {
  return typeof etag === 'string' ? etag : null;
}

function unexpected(what: string): GitHubFailure {
  return new GitHubFailure('ambiguous', `${what}: it is tried again later.`);
}

const Ref = z.object({ object: z.object({ sha: z.string() }) });

export async function readBranchHead(
  caller: Caller,
  { repo, branch }: { readonly repo: RepoRef; readonly branch: string },
): Promise<string> {
  const { object } = await ask(caller, {
    repo,
    purpose: 'read',
    route: 'GET /repos/{owner}/{repo}/git/ref/{ref}',
    parameters: { ref: `heads/${branch}` },
    schema: Ref,
  });
  return object.sha;
}
