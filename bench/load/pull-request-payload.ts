import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { z } from 'zod';

const Side = z.looseObject({ repo: z.looseObject({}) });
const Example = z.looseObject({
  action: z.string(),
  installation: z.looseObject({ id: z.number() }).optional(),
  pull_request: z.looseObject({ head: Side, base: Side }),
  repository: z.looseObject({
    id: z.number(),
    name: z.string(),
    owner: z.looseObject({ login: z.string() }),
  }),
});
const Examples = z.array(z.object({ name: z.string(), examples: z.array(z.unknown()) }));

export interface PullRequestEvent {
  readonly action: 'opened' | 'synchronize';
  /** Each repository is an installation of its own, because GitHub's limits are an installation's. 0 is the example's own one. */
  readonly repository: number;
  readonly number: number;
  /** The how-many-th push to it. */
  readonly push: number;
}

/** A real `pull_request` event of GitHub's own examples, 23.7 kB, made to be about one pull request and push. */
export function pullRequestPayload({ action, repository, number, push }: PullRequestEvent): string {
  const example = exampleOf(action);
  const pull = example.pull_request;
  const { id, name, owner } = example.repository;
  const named = {
    id: id + repository,
    name: `${name}-${repository}`,
    full_name: `${owner.login}/${name}-${repository}`,
  };
  return JSON.stringify({
    ...example,
    number,
    installation: { ...example.installation, id: 1 + repository },
    repository: { ...example.repository, ...named },
    pull_request: {
      ...pull,
      id: 1_000_000 + number,
      number,
      state: 'open',
      updated_at: new Date(Date.UTC(2026, 0, 1) + push * 1000).toISOString().replace('.000Z', 'Z'),
      head: { ...pull.head, repo: { ...pull.head.repo, ...named }, sha: headSha(number, push) },
      base: { ...pull.base, repo: { ...pull.base.repo, ...named } },
    },
  });
}

export function headSha(number: number, push: number): string {
  return createHash('sha1').update(`${number} ${push}`).digest('hex');
}

const read = new Map<string, z.infer<typeof Example>>();

function exampleOf(action: string): z.infer<typeof Example> {
  const known = read.get(action);
  if (known) return known;
  const list: unknown = createRequire(import.meta.url)(
    '@octokit/webhooks-examples/api.github.com/index.json',
  );
  const events = Examples.parse(list).find(({ name }) => name === 'pull_request')?.examples ?? [];
  const found = events
    .map((event) => Example.parse(event))
    .find((event) => event.action === action && event.installation);
  if (!found)
    throw new Error(`@octokit/webhooks-examples has no pull_request event "${action}" of an installation.`);
  read.set(action, found);
  return found;
}
