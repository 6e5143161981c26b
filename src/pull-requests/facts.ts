import { z } from 'zod';

/** A GitHub account. The id is the identity; the login can change. */
export interface Actor {
  readonly id: number;
  readonly login: string;
}

/** A pull request as a webhook or the API describes it: the same shape for both. */
export interface PullRequestFacts {
  readonly number: number;
  readonly title: string;
  readonly state: 'open' | 'closed';
  readonly merged: boolean;
  readonly draft: boolean;
  readonly author: Actor & { readonly isBot: boolean; readonly avatarUrl?: string | undefined };
  /** The account that caused the event; undefined when no event did. */
  readonly sender?: Actor | undefined;
  /** `repoId` is null when the fork was deleted. */
  readonly head: { readonly ref: string; readonly sha: string; readonly repoId: number | null };
  readonly base: { readonly ref: string; readonly sha: string; readonly repoId: number };
  readonly labels: readonly string[];
  readonly updatedAt: Date;
  readonly url: string;
  /** Of the head commit; undefined when it was not read from GitHub. */
  readonly commitMessage?: string | undefined;
  /** When the head commit was made; undefined when it was not read. */
  readonly committedAt?: Date | undefined;
  /** Undefined when it was not read: then no path filter applies. */
  readonly changedFiles?: readonly string[] | undefined;
}

const id = z.int().positive();

const ref = z.string().refine(isGitRefName, 'must be a branch name that git accepts');

const sha = z
  .string()
  .refine((value) => parseHeadSha(value) !== undefined, 'must be 40 lower-case hex digits');

const picture = z.url({ protocol: /^https?$/ }).max(2_000);

const actor = { id, login: z.string().min(1).max(100) };

const when = z.union([z.date(), z.iso.datetime({ offset: true }).transform((text) => new Date(text))]);

/** Checks data from outside before the core uses it. Unknown fields are dropped. */
export const pullRequestFacts: z.ZodType<PullRequestFacts> = z.object({
  number: z
    .int()
    .min(1)
    .max(2 ** 31),
  title: z.string().max(100_000),
  state: z.enum(['open', 'closed']),
  merged: z.boolean(),
  draft: z.boolean(),
  author: z.object({ ...actor, isBot: z.boolean(), avatarUrl: picture.optional() }),
  sender: z.object(actor).optional(),
  head: z.object({ ref, sha, repoId: id.nullable() }),
  base: z.object({ ref, sha, repoId: id }),
  labels: z.array(z.string().max(200)).max(1_000),
  updatedAt: when,
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  commitMessage: z.string().optional(),
  committedAt: when.optional(),
  changedFiles: z.array(z.string()).optional(),
});

/** The picture is only shown, so a strange address is no reason to refuse the pull request. */
export function isPicture(url: unknown): url is string {
  return picture.safeParse(url).success;
}

/** Compares ids. The flag `fork` cannot be used: this repository may itself be a fork, and a deleted fork has no repository. */
export function isFork({ head, base }: Pick<PullRequestFacts, 'head' | 'base'>): boolean {
  return head.repoId === null || head.repoId !== base.repoId;
}

/** `older`: a late delivery. `tie`: another state of the same second, and only GitHub knows which is the newest. */
type Freshness = 'newer' | 'same' | 'older' | 'tie';

/** GitHub promises no order of deliveries, and `updated_at` counts whole seconds. */
export function freshness(stored: PullRequestFacts | null, observed: PullRequestFacts): Freshness {
  if (!stored) return 'newer';
  const step = observed.updatedAt.getTime() - stored.updatedAt.getTime();
  if (step !== 0) return step > 0 ? 'newer' : 'older';
  return fingerprint(stored) === fingerprint(observed) ? 'same' : 'tie';
}

function fingerprint(facts: PullRequestFacts): string {
  return JSON.stringify([
    facts.head.sha,
    facts.state,
    facts.draft,
    facts.base.ref,
    facts.title,
    [...facts.labels].sort(),
  ]);
}

// https://git-scm.com/docs/git-check-ref-format

const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$/;

/** Whether git accepts the name of a branch. GitHub never sends a name that git refuses. */
export function isGitRefName(name: string): boolean {
  if (name === '' || name === '@' || name.length > 1_000 || FORBIDDEN.test(name)) return false;
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}

/** A full commit SHA (40 lower-case hex digits), or undefined. */
export function parseHeadSha(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{40}$/.test(value) ? value : undefined;
}
