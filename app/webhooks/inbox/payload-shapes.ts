import { z } from 'zod';
import { MATTERS } from './event-matters.js';

const Id = z.int().positive();
const Sha = z.string().regex(/^[0-9a-f]{40}$/);
const action = z.string().max(100);
const Repository = z.object({ id: Id, full_name: z.string().regex(/^[^/\s]+\/[^/\s]+$/) });

/** What any payload may have; whoever has it must have it right. */
export const Envelope = z.object({
  action: action.nullish(),
  installation: z.object({ id: Id }).nullish(),
  repository: z.object({ id: Id }).nullish(),
});
export type Envelope = z.infer<typeof Envelope>;

const Side = z.object({
  ref: z.string().min(1),
  sha: Sha,
  // A deleted fork leaves null behind: such a pull request is told apart later, not refused here.
  repo: z.object({ id: Id }).nullish(),
});

const PullRequest = z
  .object({
    action,
    number: Id,
    pull_request: z.object({
      number: Id,
      state: z.enum(['open', 'closed']),
      updated_at: z.string(),
      head: Side,
      base: Side,
    }),
    repository: Repository,
  })
  .refine(({ number, pull_request }) => number === pull_request.number, {
    path: ['number'],
    error: 'is not the number of the pull request',
  });

/** Many events have in them all that these have. What else they are about tells them apart. */
function onlyAbout(own: readonly string[], shape: z.ZodRawShape): z.ZodType {
  const others = MATTERS.filter((matter) => !own.includes(matter));
  return z.looseObject(shape).refine((payload) => !others.some((matter) => Object.hasOwn(payload, matter)), {
    error: 'belongs to another event',
  });
}

/** The event's name is not signed, the body is: a body must have the shape of the event it claims to be. */
export const PAYLOADS: Readonly<Record<string, z.ZodType>> = {
  pull_request: PullRequest,
  installation: z.object({ action, installation: z.object({ id: Id, account: z.object({ id: Id }) }) }),
  installation_repositories: z.object({
    action,
    installation: z.object({ id: Id }),
    repositories_added: z.array(z.object({ id: Id })),
    repositories_removed: z.array(z.object({ id: Id })),
  }),
  repository: onlyAbout([], { action, repository: Repository }),
  check_run: onlyAbout(['check_run'], {
    action,
    check_run: z.object({ id: Id, head_sha: Sha, name: z.string() }),
    repository: Repository,
  }),
  workflow_run: onlyAbout(['workflow_run'], {
    action,
    workflow_run: z.object({ id: Id, head_sha: Sha }),
    repository: Repository,
  }),
};
