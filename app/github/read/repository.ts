import { z } from 'zod';
import { GitHubRepository } from '../../../src/pull-requests/github-payload.js';
import { type GitHub, isGitHubFailure } from '../../../src/repositories/github.js';
import { ask, askAsApp, type Caller } from '../client/call.js';
import type { RawRequest } from '../client/octokit.js';

type Found = Awaited<ReturnType<GitHub['repository']>>;

const Installation = z.object({ id: z.int().positive(), suspended_at: z.string().nullish() });

/** A repository by its name, if the App is installed there. The name may be an old one: GitHub redirects. */
export async function findRepository(
  app: { readonly request: RawRequest; readonly appJwt: () => Promise<string>; readonly caller: Caller },
  fullName: string,
): Promise<Found> {
  const [owner, repo, more] = fullName.split('/');
  if (!owner || !repo || more !== undefined) return null;
  const installation = await askAsApp(app, {
    route: 'GET /repos/{owner}/{repo}/installation',
    parameters: { owner, repo },
    schema: Installation,
  }).catch(nullWhenGone);
  if (!installation || installation.suspended_at) return null;
  // GitHub has just said that the repository is there: if it denies that now, the caller tries again later.
  return facts(app.caller, { installationId: installation.id, fullName });
}

function nullWhenGone(error: unknown): null {
  if (isGitHubFailure(error) && error.kind === 'gone') return null;
  throw error;
}

async function facts(
  caller: Caller,
  named: { readonly installationId: number; readonly fullName: string },
): Promise<Found> {
  const found = await ask(caller, {
    repo: named,
    purpose: 'read',
    route: 'GET /repos/{owner}/{repo}',
    schema: GitHubRepository,
  });
  return {
    repo: { installationId: named.installationId, repoId: found.id, fullName: found.full_name },
    ownerId: found.owner.id,
    defaultBranch: found.default_branch,
    private: found.private,
  };
}

/** Whether the App is installed there, and not suspended. */
export async function isAwake(
  app: { readonly request: RawRequest; readonly appJwt: () => Promise<string>; readonly caller: Caller },
  installationId: number,
): Promise<boolean> {
  try {
    const found = await askAsApp(app, {
      route: 'GET /app/installations/{installation_id}',
      parameters: { installation_id: installationId },
      schema: Installation,
    });
    return !found.suspended_at;
  } catch (error) {
    if (isGitHubFailure(error) && error.kind === 'gone') return false;
    throw error;
  }
}
