import { z } from 'zod';
import type { DeliveryDecision } from '../../src/deliveries/store.js';
import type { Observation } from '../../src/observations/inputs.js';
import type { Actor, PullRequestFacts } from '../../src/pull-requests/facts.js';
import {
  GitHubPullRequest,
  GitHubRepository,
  GitHubUser,
  toPullRequestFacts,
} from '../../src/pull-requests/github-payload.js';
import { VitrineError } from '../../src/shared/errors.js';

/** What every event of a repository says besides its own matter. */
interface PayloadOrigin {
  readonly repoId: number;
  readonly ownerId: number;
  readonly fullName: string;
  readonly defaultBranch: string;
  readonly private: boolean;
  /** Null when the webhook belongs to a repository and not to the App. */
  readonly installationId: number | null;
  readonly sender: Actor & { readonly isBot: boolean; readonly avatarUrl: string | null };
}

interface PullRequestEvent {
  readonly action: string;
  readonly origin: PayloadOrigin;
  readonly facts: PullRequestFacts;
  /** Of `labeled` and `unlabeled`. */
  readonly label: string | undefined;
}

const OriginPayload = z.object({
  repository: GitHubRepository,
  installation: z.object({ id: z.int().positive() }).optional(),
  sender: GitHubUser,
});

const EventPayload = z
  .object({
    action: z.string().min(1).max(100),
    number: z.int(),
    pull_request: GitHubPullRequest,
    label: z.object({ name: z.string() }).optional(),
  })
  .refine(
    ({ number, pull_request }) => number === pull_request.number,
    'number and pull_request.number differ',
  );

/** The repository, installation and sender of any event. */
export function originFromPayload(payload: unknown): PayloadOrigin {
  const { repository, installation, sender } = read(() => OriginPayload.parse(payload));
  return {
    repoId: repository.id,
    ownerId: repository.owner.id,
    fullName: repository.full_name,
    defaultBranch: repository.default_branch,
    private: repository.private,
    installationId: installation?.id ?? null,
    sender: {
      id: sender.id,
      login: sender.login,
      isBot: sender.type === 'Bot',
      avatarUrl: sender.avatar_url ?? null,
    },
  };
}

/** A `pull_request` event. The signature covers the body only, so that the event's name proves nothing: the shape is checked. */
export function factsFromPayload(payload: unknown): PullRequestEvent {
  const origin = originFromPayload(payload);
  return read(() => {
    const event = EventPayload.parse(payload);
    if (event.pull_request.base.repo.id !== origin.repoId) {
      throw new VitrineError(
        'bad_request',
        'This pull request belongs to another repository than its event.',
      );
    }
    const { id, login } = origin.sender;
    return {
      action: event.action,
      origin,
      facts: toPullRequestFacts(event.pull_request, { sender: { id, login } }),
      label: event.label?.name,
    };
  });
}

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause;
    const [issue] = cause.issues;
    const where = issue ? `${issue.path.join('.')}: ${issue.message}` : 'unknown shape';
    throw new VitrineError('bad_request', `This is not an event as GitHub sends it (${where}).`, { cause });
  }
}

/** The repository of an event, or null when the event came from a hook of the repository itself: the App may do nothing there. */
export function repoOf(origin: PayloadOrigin): Observation['repo'] | null {
  const { repoId, ownerId, fullName, defaultBranch, installationId } = origin;
  if (installationId === null) return null;
  return { id: repoId, ownerId, fullName, defaultBranch, installationId, private: origin.private };
}

export const uninstalled: DeliveryDecision = {
  action: 'ignore',
  rule: 'not-installed',
  detail: 'The event does not belong to an installation of the App.',
  environmentIds: [],
};

/** The `action` of a payload, or an empty string: some events have none. */
export function actionOf(payload: unknown): string {
  if (typeof payload !== 'object' || payload === null || !('action' in payload)) return '';
  return typeof payload.action === 'string' ? payload.action : '';
}
