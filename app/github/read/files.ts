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
  const data = await contentsAt(caller, at);
  const listed = Listing.safeParse(data).data;
  return listed?.map(({ type, name, path, size }) => ({ kind: type, name, path, size })) ?? null;
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

/** Of the default branch; null when GitHub does not find it, as in an empty repository. */
async function contentsAt(caller: Caller, { repo, path }: At): Promise<unknown> {
  // GitHub reads each part of the path for itself.
  const within = path
    .split('/')
    .filter((part) => part !== '')
    .map(encodeURIComponent)
    .join('/');
  try {
    const route = `GET /repos/{owner}/{repo}/contents/${within}`.replace(/\/$/, '');
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
