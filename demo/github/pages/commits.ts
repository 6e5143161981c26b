import { z } from 'zod';
import type { PullRequest } from '../documents.js';
import type { RepositoryState } from '../state.js';
import { gitUser } from '../story/git.js';
import type { World } from '../world.js';

export interface Commit {
  readonly sha: string;
  readonly subject: string;
}

const document = z.object({ message: z.string(), parents: z.array(z.object({ sha: z.string() })) });
type Known = Map<string, z.infer<typeof document>>;

/** So many are shown: a pull request of the demo has a few. */
const MOST = 30;

/** Reads the commits of pull requests, oldest first; a commit never changes, so each is read once. */
export function createCommits(world: World) {
  const known: Known = new Map();

  async function read(source: RepositoryState, sha: string) {
    const path = `/repos/${source.document.full_name}/git/commits/${sha}`;
    const found =
      known.get(sha) ??
      document.parse(await world.emulate.as(gitUser(world, source), { method: 'GET', path }));
    known.set(sha, found);
    return found;
  }

  return async (home: RepositoryState, { head, base }: PullRequest): Promise<Commit[]> => {
    const source = world.state.repositories.get(head.repo?.id ?? 0) ?? home;
    const commits: Commit[] = [];
    let sha: string | undefined = head.sha;
    while (sha !== undefined && sha !== base.sha && commits.length < MOST) {
      const { message, parents }: z.infer<typeof document> = await read(source, sha);
      commits.unshift({ sha, subject: message.split('\n', 1)[0] ?? '' });
      sha = parents[0]?.sha;
    }
    return commits;
  };
}
