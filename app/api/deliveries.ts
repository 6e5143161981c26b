import type {
  deliveries,
  DeliveryDetailView,
  DeliveryView,
  listDeliveries,
} from '../../src/contract/deliveries.js';
import type { QueryOf } from '../../src/contract/operation.js';
import { replayDelivery as replay } from '../../src/deliveries/replay.js';
import type {
  DeliveryDecision,
  DeliveryDetail,
  DeliveryFilter,
  DeliveryRow,
} from '../../src/deliveries/store.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { can } from '../../src/people/policies.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Ports } from '../ports.js';
import type { Caller } from './access.js';
import { found, type Handlers, nameOf, pageOf } from './handler.js';
import { visibleTo } from './visible.js';

export const deliveryHandlers: Handlers<typeof deliveries> = {
  async listDeliveries(ports, { query, caller }) {
    refuseCombination(query);
    const { repository, repository_id, pull_request: pullRequest, from, to, cursor, limit, ...rest } = query;
    const { provider } = rest;
    const isOther = provider !== undefined && provider !== 'github';
    const repoId = isOther ? undefined : (repository_id ?? (await repositoryId(ports, repository)));
    const repoIds = await refuseStrangers(ports, { caller, repoId, isOther });
    // GitHub's webhooks are found by the id of their repository, and the server does not know this one.
    if (repoId === null) return { items: [], nextCursor: null };
    const { status, rule, event, q: search } = rest;
    const filter: DeliveryFilter = {
      ...(repoId !== undefined && { repoId }),
      ...(repoIds && { repoIds }),
      ...(search !== undefined && { search }),
      ...(isOther && repository !== undefined && { repository }),
      ...(provider !== undefined && { provider }),
      ...(status !== undefined && { status }),
      ...(rule !== undefined && { rule }),
      ...(event !== undefined && { event }),
      ...(pullRequest !== undefined && { pullRequest }),
      ...(from !== undefined && { from: new Date(from) }),
      ...(to !== undefined && { to: new Date(to) }),
    };
    const { items, nextCursor } = await ports.inbox.list(filter, pageOf({ cursor, limit }));
    return { items: items.map(presentDelivery), nextCursor };
  },

  async getDelivery(ports, { params }) {
    const delivery = found(await ports.inbox.get(params.id), 'delivery');
    const ids = delivery.decision?.environmentIds ?? [];
    const touched = await Promise.all(ids.slice(0, MOST_TOUCHED).map((id) => ports.environments.get(id)));
    return presentDetail(
      delivery,
      touched.filter((one) => one !== null),
    );
  },

  async replayDelivery(ports, { params, caller }) {
    return presentDelivery(await replay(ports, { guid: params.id, actor: nameOf(caller) }));
  },
};

/** An event of an installation can touch every preview of an organisation. */
const MOST_TOUCHED = 50;

type Query = QueryOf<typeof listDeliveries>;

/** Says what is wrong with the request before anything is looked up: every list is answered by one index. */
function refuseCombination(query: Query): void {
  const { status, rule, event, pull_request: pullRequest, repository, repository_id, provider, q } = query;
  const given = (filters: object) =>
    Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const facets = given({ rule, event, pull_request: pullRequest });
  if (facets.length > 1) throw wrong(`${facets.join(' and ')} cannot be combined: give one of them`);
  if (repository !== undefined && repository_id !== undefined)
    throw wrong('repository and repository_id say the same: give one of them');
  if (provider !== undefined && provider !== 'github') {
    if (given({ status, rule, event, pullRequest, repository_id, q }).length > 0)
      throw wrong(`provider=${provider} can be combined with repository, from and to only`);
    return;
  }
  if (pullRequest !== undefined && repository === undefined && repository_id === undefined)
    throw wrong('pull_request needs repository or repository_id');
}

function wrong(reason: string): VitrineError {
  return new VitrineError('bad_request', `${reason}.`);
}

/** Undefined without a name; null when the server does not know the name. */
async function repositoryId(
  { repos }: Pick<Ports, 'repos'>,
  name: string | undefined,
): Promise<number | null | undefined> {
  return name === undefined ? undefined : ((await repos.byFullName(name))?.id ?? null);
}

interface Asking {
  readonly caller: Caller;
  readonly repoId: number | null | undefined;
  /** Of GitLab or Bitbucket: nobody has a right to their repositories. */
  readonly isOther: boolean;
}

/**
 * Operators and administrators see all. Other people see those of one repository where they may write, or of all of these: then this
 * answers which they are.
 */
async function refuseStrangers(
  ports: Ports,
  { caller, repoId, isOther }: Asking,
): Promise<readonly number[] | null> {
  if (caller.kind !== 'user' || (caller.administrator && caller.projectIds === null)) return null;
  if (isOther)
    throw new VitrineError('forbidden', 'Only administrators see the webhooks of GitLab and Bitbucket.');
  if (repoId === undefined) return writableRepositories(ports, caller);
  const role = repoId === null ? null : await roleAt(ports, caller, repoId);
  const verdict = can(caller, 'delivery.read', { role });
  if (verdict === 'yes') return null;
  throw new VitrineError(
    verdict,
    verdict === 'not_found'
      ? 'There is no such repository.'
      : 'Only those who may write to the repository see its webhooks.',
  );
}

/** GitHub is asked about each, unless it said so a moment ago. */
const MOST_REPOSITORIES = 50;

/** Those of the repositories that the person sees to which they may write. */
export async function writableRepositories(
  ports: Ports,
  caller: Extract<Caller, { kind: 'user' }>,
): Promise<readonly number[]> {
  const visible = await visibleTo(ports, caller);
  const repoIds = visible === 'all' ? [] : visible.repoIds;
  if (repoIds.length > MOST_REPOSITORIES)
    throw wrong(
      `You see ${repoIds.length} repositories, too many to look for webhooks in all of them: name one with repository=owner/name`,
    );
  const allowed = await Promise.all(
    repoIds.map(async (repoId) => {
      const role = await roleAt(ports, caller, repoId);
      return can(caller, 'delivery.read', { role }) === 'yes';
    }),
  );
  return repoIds.filter((_, index) => allowed[index]);
}

function roleAt({ rights }: Ports, { userId }: Extract<Caller, { kind: 'user' }>, repoId: number) {
  return rights.roleOn(userId, { repoId, projectId: null });
}

/** What the server did with a webhook, without its payload. */
function presentDelivery(row: DeliveryRow): DeliveryView {
  const { guid, provider, event, action, repoId, repository, pullRequest, installationId } = row;
  const { receivedAt, status, decision, error } = row;
  return {
    id: guid,
    provider,
    event,
    action,
    repoId,
    repository,
    pullRequest,
    installationId,
    receivedAt: receivedAt.toISOString(),
    status,
    decision: presentDecision(decision),
    error,
  };
}

function presentDecision(decision: DeliveryDecision | null): DeliveryView['decision'] {
  return decision && { ...decision, environmentIds: [...decision.environmentIds] };
}

function presentDetail(
  delivery: DeliveryDetail,
  environments: readonly StoredEnvironment[],
): DeliveryDetailView {
  const { body, headers, attempts, replays, guid, event, provider } = delivery;
  const ofGitHub = provider === 'github' ? { 'x-github-delivery': guid, 'x-github-event': event } : {};
  return {
    ...presentDelivery(delivery),
    headers: { ...ofGitHub, ...headers },
    payload: body === null ? null : readPayload(body),
    payloadDropped: body === null,
    attempts,
    replays: replays.map(({ by, at, decision }) => ({
      by,
      at: at.toISOString(),
      decision: presentDecision(decision),
    })),
    environments: environments.map(({ id, slug, project, name, url }) => ({
      id,
      namespace: slug,
      project,
      name,
      url,
    })),
  };
}

function readPayload(body: Uint8Array): unknown {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
