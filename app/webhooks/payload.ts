/** The parts that the payloads of several events share: their shapes, what is kept of them, and what they say. */
import { z } from 'zod';
import type { DeliveryDecision } from '../../src/deliveries/store.js';
import type { Observation } from '../../src/observations/inputs.js';
import { GitHubRepository, GitHubUser } from '../../src/pull-requests/github-payload.js';

export const Id = z.int().positive();

export const Sha = z.string().regex(/^[0-9a-f]{40}$/);

export const Action = z.string().min(1).max(100);

/** Where an event happened and who caused it. */
export const ORIGIN = {
  repository: GitHubRepository,
  /** Absent when the webhook belongs to a repository and not to the App. */
  installation: z.object({ id: Id }).nullish(),
  sender: GitHubUser,
} as const;

type Origin = Pick<z.infer<z.ZodObject<typeof ORIGIN>>, 'installation'> & {
  readonly repository: Omit<z.infer<typeof GitHubRepository>, 'owner'> & {
    readonly owner: { readonly id: number };
  };
};

export const ListedRepositories = z.array(
  z.object({ id: Id, full_name: z.string().min(1), private: z.boolean() }),
);

export const KEEP_LISTED = [{ id: true, full_name: true, private: true }] as const;

/** The repository of an event, or null when the event came from a hook of the repository itself: the App may do nothing there. */
export function repoOf({ repository, installation }: Origin): Observation['repo'] | null {
  if (!installation) return null;
  return {
    id: repository.id,
    ownerId: repository.owner.id,
    fullName: repository.full_name,
    defaultBranch: repository.default_branch,
    installationId: installation.id,
    private: repository.private,
  };
}

export function ignored(rule: string, detail: string): DeliveryDecision {
  return { action: 'ignore', rule, detail, environmentIds: [] };
}

export const UNINSTALLED = ignored(
  'not-installed',
  'The event does not belong to an installation of the App.',
);

/** Many events have all fields that this shape asks for. The field that holds an event's subject tells them apart. */
export function onlyAbout<Shape extends z.ZodRawShape>(
  subject: string | null | readonly string[],
  shape: Shape,
) {
  const own = typeof subject === 'string' ? [subject] : (subject ?? []);
  const others = SUBJECTS.filter((field) => !own.includes(field));
  return z.looseObject(shape).refine((payload) => !others.some((field) => Object.hasOwn(payload, field)), {
    error: 'belongs to another event',
  });
}

/** The subjects of GitHub's events, by their field in the body. Most events also have a repository, an installation and a sender. */
const SUBJECTS: readonly string[] = [
  'alert',
  'answer',
  'blocked_user',
  'build',
  'check_run',
  'check_suite',
  'client_payload',
  'comment',
  'commit',
  'commits',
  'deployment',
  'deployment_status',
  'discussion',
  'forkee',
  'hook',
  'inputs',
  'invitation',
  'issue',
  'key',
  'label',
  'marketplace_purchase',
  'member',
  'membership',
  'merge_group',
  'milestone',
  'package',
  'pages',
  'project',
  'project_card',
  'project_column',
  'projects_v2_item',
  'pull_request',
  'pusher',
  'registry_package',
  'release',
  'review',
  'reviewers',
  'rule',
  'secret_scanning_alert',
  'security_advisory',
  'sponsorship',
  'starred_at',
  'sub_issue_id',
  'team',
  'thread',
  'workflow_job',
  'workflow_run',
];
