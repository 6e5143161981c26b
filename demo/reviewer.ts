import { z } from 'zod';
import type { EmulatedGitHub } from './github/emulated-github.js';

const CheckRun = z.object({
  id: z.number(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullable(),
  details_url: z.string().nullish(),
  output: z.object({ title: z.string().nullish(), summary: z.string().nullish() }),
});
export type CheckRun = z.infer<typeof CheckRun>;
const Comment = z.object({ id: z.number(), body: z.string() });
export type Comment = z.infer<typeof Comment>;
const Status = z.object({ state: z.string(), environment_url: z.string().nullish() });

export interface SeenDeployment {
  readonly id: number;
  readonly sha: string;
  /** The newest status; null before there was one. */
  readonly state: string | null;
  readonly url: string | null;
}

/** What a reviewer sees of the pull request on GitHub. */
export interface Reviewer {
  checks(sha: string): Promise<CheckRun[]>;
  comments(number: number): Promise<Comment[]>;
  deployments(): Promise<SeenDeployment[]>;
}

export interface Seat {
  readonly github: EmulatedGitHub;
  readonly repository: string;
  readonly login: string;
}

export function createReviewer({ github, repository, login }: Seat): Reviewer {
  const read = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
    const response = await fetch(`${github.url}/repos/${repository}${path}`, {
      headers: { authorization: `token ${github.userToken(login)}`, accept: 'application/vnd.github+json' },
    });
    return schema.parse(await response.json());
  };
  return {
    checks: async (sha) => {
      const answer = await read(`/commits/${sha}/check-runs`, z.object({ check_runs: z.array(CheckRun) }));
      return answer.check_runs.filter(({ name }) => name.startsWith('Preview'));
    },
    comments: (number) => read(`/issues/${number}/comments`, z.array(Comment)),
    deployments: async () => {
      const all = await read('/deployments', z.array(z.object({ id: z.number(), sha: z.string() })));
      return Promise.all(
        all.map(async ({ id, sha }) => {
          const [newest] = await read(`/deployments/${id}/statuses`, z.array(Status));
          return { id, sha, state: newest?.state ?? null, url: newest?.environment_url ?? null };
        }),
      );
    },
  };
}
