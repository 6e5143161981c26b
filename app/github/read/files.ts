import { z } from 'zod';
import {
  type FolderEntry,
  type GitHub,
  GitHubFailure,
  isGitHubFailure,
} from '../../../src/repositories/github.js';
import type { RepoRef } from '../../../src/repositories/model.js';
import { ask, askAsApp, type Caller, send } from '../client/call.js';
import type { RawRequest } from '../client/octokit.js';

const Entry = z.object({
  type: z.enum(['file', 'dir', 'symlink', 'submodule']),
  name: z.string(),
  path: z.string(),
  size: z.int(),
});
const Listing = z.array(Entry);

interface At {
  readonly repo: RepoRef;
  readonly path: string;
}

/** GitHub lists up to 1,000 entries of a folder: more than decide what a project is. */
export async function readFolder(caller: Caller, at: At): Promise<readonly FolderEntry[] | null> {
  if (at.path === '') return readTop(caller, at.repo);
  const data = await contentsAt(caller, at);
  const listed = Listing.safeParse(data).data;
  return listed?.map(({ type, name, path, size }) => ({ kind: type, name, path, size })) ?? null;
}

const Tree = z.object({
  tree: z.array(
    z.object({ path: z.string(), type: z.enum(['blob', 'tree', 'commit']), size: z.int().optional() }),
  ),
});

/** The contents of a repository have no address of their own at GitHub; its newest tree has. Null for an empty repository. */
async function readTop(caller: Caller, repo: RepoRef): Promise<readonly FolderEntry[] | null> {
  const route = 'GET /repos/{owner}/{repo}/git/trees/{tree_sha}';
  const parameters = { tree_sha: 'HEAD' };
  try {
    const { tree } = await ask(caller, { repo, purpose: 'read', route, parameters, schema: Tree });
    const kinds = { blob: 'file', tree: 'dir', commit: 'submodule' } as const;
    return tree.map(({ path, type, size = 0 }) => ({ kind: kinds[type], name: path, path, size }));
  } catch (error) {
    // 409: the repository is empty.
    if (isGitHubFailure(error) && (error.kind === 'gone' || error.kind === 'poison')) return null;
    throw error;
  }
}

const Text = z.object({
  type: z.literal('file'),
  encoding: z.literal('base64'),
  content: z.string(),
});

/** Null for what is not there, is a link, or is no text. */
export async function readTextFile(caller: Caller, at: At): Promise<string | null> {
  const file = Text.safeParse(await contentsAt(caller, at)).data;
  if (!file) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(file.content, 'base64'));
  } catch {
    return null;
  }
}

/** Of the default branch; null when GitHub does not find it. */
async function contentsAt(caller: Caller, { repo, path }: At): Promise<unknown> {
  // GitHub reads each part of the path for itself.
  const within = path
    .split('/')
    .filter((part) => part !== '')
    .map(encodeURIComponent)
    .join('/');
  try {
    const route = `GET /repos/{owner}/{repo}/contents/${within}`;
    return (await send(caller, { repo, purpose: 'read', route })).data;
  } catch (error) {
    if (isGitHubFailure(error) && error.kind === 'gone') return null;
    throw error;
  }
}

const Answer = z.object({
  user: z.object({ id: z.int().positive(), login: z.string(), avatar_url: z.string().nullish() }).nullish(),
});

/** Logins change hands: only GitHub says whose it is now. The question for a permission names the account of anybody, also of strangers. */
export async function readAccount(
  caller: Caller,
  { repo, login }: { readonly repo: RepoRef; readonly login: string },
): ReturnType<GitHub['account']> {
  try {
    const route = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission';
    const parameters = { username: login };
    const { user } = await ask(caller, { repo, purpose: 'read', route, parameters, schema: Answer });
    return user ? { id: user.id, login: user.login, avatarUrl: user.avatar_url ?? null } : null;
  } catch (error) {
    if (isGitHubFailure(error) && error.kind === 'gone') return null;
    throw error;
  }
}

const App = z.object({ name: z.string(), html_url: z.url({ protocol: /^https?$/ }) });

/** Where people install the App. */
export async function readInstallationPage(app: {
  readonly request: RawRequest;
  readonly appJwt: () => Promise<string>;
  readonly caller: Caller;
}): Promise<string> {
  const { html_url: url } = await askAsApp(app, { route: 'GET /app', schema: App });
  if (!URL.canParse(url)) throw new GitHubFailure('ambiguous', 'GitHub does not say where the App is.');
  return `${url.replace(/\/+$/, '')}/installations/new`;
}
