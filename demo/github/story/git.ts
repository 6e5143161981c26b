import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Files } from '../documents.js';
import type { RepositoryState } from '../state.js';
import type { World } from '../world.js';

/** Text by path; null removes a file. */
export type FileChanges = Readonly<Record<string, string | null>>;

interface Commit {
  readonly repository: RepositoryState;
  readonly branch: string;
  /** The commit it builds on; absent = the tip of the branch, or nothing. */
  readonly parent?: string | undefined;
  readonly changes: FileChanges;
  readonly message: string;
}

const withSha = z.looseObject({ sha: z.string() });

/** Writes real git objects into emulate, so that contents, commits and branches read true. */
export async function commit(world: World, request: Commit): Promise<string> {
  const { repository, branch, changes, message } = request;
  const parent = request.parent ?? repository.branches.get(branch);
  const files = changed(world.state.files.get(parent ?? '') ?? {}, changes);
  const api = `/repos/${repository.document.full_name}/git`;
  const post = async (path: string, body: unknown) =>
    withSha.parse(
      await world.emulate.as(gitUser(world, repository), { method: 'POST', path: api + path, body }),
    );
  const tree = await post('/trees', { tree: Object.entries(files).map(treeEntry) });
  const parents = parent === undefined ? [] : [parent];
  // The number makes two commits of the same files within one second two commits.
  const numbered = `${message}\n\nCommit-Number: ${world.state.nextId()}`;
  const { sha } = await post('/commits', { message: numbered, tree: tree.sha, parents });
  await moveBranch(world, { repository, branch, sha });
  world.state.files.set(sha, files);
  if (parent !== undefined) world.state.parents.set(sha, parent);
  return sha;
}

function treeEntry([path, content]: [string, string]) {
  return { path, mode: '100644', type: 'blob', content };
}

export async function moveBranch(
  world: World,
  { repository, branch, sha }: { repository: RepositoryState; branch: string; sha: string },
): Promise<void> {
  const api = `/repos/${repository.document.full_name}/git/refs`;
  const exists = repository.branches.has(branch);
  const call = exists
    ? { method: 'PATCH', path: `${api}/heads/${encodeURIComponent(branch)}`, body: { sha, force: true } }
    : { method: 'POST', path: api, body: { ref: `refs/heads/${branch}`, sha } };
  await world.emulate.as(gitUser(world, repository), call);
  repository.branches.set(branch, sha);
}

/** The user who may always write: the owner, or for an organisation its administrator. */
export function gitUser(world: World, { document }: RepositoryState): string {
  const [admin = ''] = world.options.users;
  return document.owner.type === 'Organization' ? admin : document.owner.login;
}

function changed(before: Files, changes: FileChanges): Files {
  const after = Object.entries({ ...before, ...changes });
  return Object.fromEntries(after.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** The commit `refs/pull/N/merge`: what GitHub runs workflows on. Its files are taken to be those of the head. */
export function mergeCommit(world: World, { base, head }: { base: string; head: string }): string {
  const sha = createHash('sha1').update(`merge ${head} into ${base}`).digest('hex');
  world.state.files.set(sha, world.state.files.get(head) ?? {});
  world.state.mergeHeads.set(sha, head);
  return sha;
}
