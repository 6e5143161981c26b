import { z } from 'zod';
import type { RepositoryPermission } from '../../../src/pull-requests/trust.js';
import type { RepoRef } from '../../../src/repositories/model.js';
import { ask, type Caller } from '../client/call.js';
import { unlessDenied } from '../client/silence.js';

const LEVELS = ['admin', 'maintain', 'write', 'triage', 'read', 'none'] as const;
/** Of people: Apps such as `dependabot[bot]` are no collaborators. */
const LOGIN = /^[A-Za-z0-9][\w-]{0,99}$/;
const Answer = z.object({ permission: z.string(), role_name: z.string().optional() });

/**
 * What somebody may do here, teams and organisation included. `permission` knows four words, `role_name` all of them and the
 * organisation's own as well. Undefined when GitHub does not say, as for bots: callers fail closed.
 */
export async function readPermission(
  caller: Caller,
  { repo, login }: { readonly repo: RepoRef; readonly login: string },
): Promise<RepositoryPermission | undefined> {
  if (!LOGIN.test(login)) return undefined;
  const answer = await unlessDenied(
    ask(caller, {
      repo,
      purpose: 'read',
      route: 'GET /repos/{owner}/{repo}/collaborators/{username}/permission',
      parameters: { username: login },
      schema: Answer,
    }),
    undefined,
  );
  return (
    LEVELS.find((level) => level === answer?.role_name) ??
    LEVELS.find((level) => level === answer?.permission)
  );
}
