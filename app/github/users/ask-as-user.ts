import { z } from 'zod';
import type { GitHubUsers, Reach } from '../../../src/people/github-connection.js';
import { GitHubFailure } from '../../../src/repositories/github.js';
import type { Clock } from '../../../src/shared/tools.js';
import type { RawRequest } from '../client/octokit.js';
import { defaultWhenDenied, toFailure } from '../client/to-failure.js';

interface Question<T> {
  readonly route: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly schema: z.ZodType<T>;
}

/** Reads on behalf of a person; null when GitHub does not accept the token (any more). */
export type AskAsUser = <T>(token: string, question: Question<T>) => Promise<T | null>;

interface AskParts {
  readonly request: RawRequest;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

export function createAskAsUser({ request, clock, timeoutMs }: AskParts): AskAsUser {
  return async (token, { route, parameters, schema }) => {
    try {
      const { data } = await request(route, {
        ...parameters,
        headers: { authorization: `Bearer ${token}` },
        request: { signal: AbortSignal.timeout(timeoutMs) },
      });
      return schema.parse(data);
    } catch (error) {
      if (error instanceof Error && 'status' in error && error.status === 401) return null;
      if (!(error instanceof z.ZodError)) throw toFailure(error, { what: route, now: clock.now() });
      const message = `GitHub answered ${route} with something unexpected: try again later.`;
      throw new GitHubFailure('ambiguous', message, { cause: error });
    }
  };
}

const PER_PAGE = 100;
/** Ten thousand repositories in one installation: more than a list shows, and than the time of a request allows. */
const MOST_PAGES = 100;

const Installations = z.object({ installations: z.array(z.object({ id: z.int().positive() })) });
const Repositories = z.object({ repositories: z.array(z.object({ id: z.int().positive() })) });

/** The installations of the App that the person sees, and their repositories in each of them. */
export function createReach(ask: AskAsUser): GitHubUsers['reach'] {
  return async (token): Promise<Reach | null> => {
    const installationIds = await everyPage((page) =>
      ask(token, { route: 'GET /user/installations', parameters: page, schema: Installations }).then(
        (answer) => answer?.installations.map(({ id }) => id) ?? null,
      ),
    );
    if (!installationIds) return null;
    const repoIds = new Set<number>();
    for (const installation_id of installationIds) {
      const asked = everyPage((page) =>
        ask(token, {
          route: 'GET /user/installations/{installation_id}/repositories',
          parameters: { installation_id, ...page },
          schema: Repositories,
        }).then((answer) => answer?.repositories.map(({ id }) => id) ?? null),
      );
      // GitHub shows nothing of an installation that is suspended or has ended meanwhile.
      const found = await defaultWhenDenied(asked, []);
      if (!found) return null;
      for (const id of found) repoIds.add(id);
    }
    return { repoIds: [...repoIds], installationIds };
  };
}

type ReadPage = (page: { readonly per_page: number; readonly page: number }) => Promise<number[] | null>;

/** Null as soon as the token is refused. */
async function everyPage(read: ReadPage): Promise<number[] | null> {
  const all: number[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const items = await read({ per_page: PER_PAGE, page });
    if (!items) return null;
    all.push(...items);
    if (items.length < PER_PAGE) break;
  }
  return all;
}
