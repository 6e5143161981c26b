import { DELIVERIES, type deliveryPages } from '../../../../src/contract/dashboard/deliveries.js';
import { LIVE } from '../../../../src/contract/dashboard/previews.js';
import { type DeliveryView, listDeliveries } from '../../../../src/contract/deliveries.js';
import type { QueryOf } from '../../../../src/contract/operation.js';
import { isVitrineError } from '../../../../src/shared/errors.js';
import { DELIVERY } from '../../../../src/shared/status/delivery.js';
import { DELIVERY_STATUS } from '../../../../src/shared/status/words.js';
import { isOurFault } from '../../../http/respond.js';
import { deliveryHandlers } from '../../../api/deliveries.js';
import type { Handlers, Input } from '../../../api/handler.js';
import { parseInput } from '../../../api/input.js';
import { visibleTo } from '../../../api/visible.js';
import { versionOf } from '../../../live/watch.js';
import type { Ports } from '../../../ports.js';
import { perform } from '../call.js';
import { addressWith, type Badge, type Choice, choiceOf } from '../present.js';
import type { Shell } from '../shell.js';
import { type StartWatch, streamOf } from '../stream.js';

type Query = QueryOf<typeof deliveryPages.showDeliveries>;
type Pages = Pick<Handlers<typeof deliveryPages>, 'showDeliveries' | 'watchDeliveries'>;

interface Row {
  readonly href: string;
  readonly event: string;
  readonly badge: Badge;
  readonly says: string;
  readonly rule: string;
  readonly repository: string;
  readonly pullRequest: number | null;
  readonly receivedAt: string;
}

interface DeliveriesModel {
  readonly rows: readonly Row[];
  readonly statuses: readonly Choice[];
  readonly repositories: readonly string[];
  readonly event: string;
  readonly repository: string;
  readonly q: string;
  readonly isFiltered: boolean;
  /** Why nothing can be shown; empty when it can. */
  readonly problem: string;
  /** Empty on the last page. */
  readonly older: string;
  readonly isFirstPage: boolean;
}

/** So many webhooks are on a page. */
const PAGE = 50;
/** Nobody chooses from more. */
const MOST_REPOSITORIES = 100;

export function deliveriesPage(shell: Shell, watch: StartWatch): Pages {
  const show = shell.page<DeliveriesModel>('deliveries');
  return {
    async showDeliveries(ports, input) {
      const { query } = input;
      const [found, repositories] = await Promise.all([
        look(ports, input, query),
        repositoriesOf(ports, input),
      ]);
      const from = versionOfList(found.items);
      // What a search looks through is not looked through every second.
      const live = query.q || found.problem ? '' : addressWith(`${LIVE}${DELIVERIES}`, { ...query, from });
      const model = modelOf({ ...found, query, repositories });
      return show(ports, input, { title: 'Deliveries', section: 'deliveries', live, model });
    },
    async watchDeliveries(ports, input) {
      const { from, ...query } = input.query;
      const visible = await visibleTo(ports, input.caller);
      return streamOf(watch, input, {
        key: `deliveries ${JSON.stringify([visible, query])}`,
        from,
        read: async () => versionOfList((await look(ports, input, query)).items),
      });
    },
  };
}

interface Found {
  readonly items: readonly DeliveryView[];
  readonly nextCursor: string | null;
  readonly problem: string;
}

type Asking = Omit<Input<never>, 'params' | 'query' | 'body'>;

/** What was asked for in a way that cannot be answered is said on the page, beside the fields. */
async function look(ports: Ports, input: Asking, query: Query): Promise<Found> {
  try {
    const given = Object.entries({ ...query, q: query.q?.trim() }).filter(([, value]) => value);
    const asked = parseInput(listDeliveries.query(), { ...Object.fromEntries(given), limit: String(PAGE) });
    const list = await perform(deliveryHandlers.listDeliveries, { ports, input, query: asked });
    return { ...list, problem: '' };
  } catch (error) {
    if (!isVitrineError(error) || isOurFault(error)) throw error;
    return { items: [], nextCursor: null, problem: error.message };
  }
}

function versionOfList(items: readonly DeliveryView[]): string {
  return versionOf(items.map(({ id, status, decision, error }) => [id, status, decision?.rule, error]));
}

async function repositoriesOf(ports: Ports, { caller }: Asking): Promise<readonly string[]> {
  const visible = await visibleTo(ports, caller);
  const filter = visible === 'all' ? {} : { ids: visible.repoIds };
  const { items } = await ports.repos.list(filter, { limit: MOST_REPOSITORIES });
  return items.map(({ fullName }) => fullName).sort((a, b) => a.localeCompare(b));
}

interface Shown extends Found {
  readonly query: Query;
  readonly repositories: readonly string[];
}

function modelOf({ items, nextCursor, problem, query, repositories }: Shown): DeliveriesModel {
  const { status = '', event = '', repository = '', q = '' } = query;
  return {
    rows: items.map(rowOf),
    statuses: [
      choiceOf('', 'Any outcome', status),
      ...Object.values(DELIVERY_STATUS).map((word) => choiceOf(word, DELIVERY[word].label, status)),
    ],
    ...{ repositories, event, repository, q, problem },
    isFiltered: [status, event, repository, q].some((one) => one !== ''),
    older: nextCursor === null ? '' : addressWith(DELIVERIES, { ...query, cursor: nextCursor }),
    isFirstPage: query.cursor === undefined,
  };
}

function rowOf(delivery: DeliveryView): Row {
  const { id, decision, repository, pullRequest, receivedAt, status } = delivery;
  return {
    href: `${DELIVERIES}/${id}`,
    event: eventOf(delivery),
    badge: DELIVERY[status],
    says: outcomeOf(delivery),
    rule: decision?.rule ?? '',
    repository: repository ?? '',
    ...{ pullRequest, receivedAt },
  };
}

/** "pull_request, opened": what GitHub calls it. */
export function eventOf({ event, action }: Pick<DeliveryView, 'event' | 'action'>): string {
  return action === null ? event : `${event}, ${action}`;
}

/** What came of a webhook, in a sentence or two. */
export function outcomeOf({
  status,
  decision,
  error,
}: Pick<DeliveryView, 'status' | 'decision' | 'error'>): string {
  if (status === DELIVERY_STATUS.parked)
    return `The server could not handle it and has given up: ${ended(error ?? 'it does not say why')} Correct the cause, and replay it.`;
  if (status !== DELIVERY_STATUS.stored) return decision?.detail ?? 'Nothing was written down about it.';
  if (error !== null) return `Handling it failed and is tried again: ${ended(error)}`;
  return decision === null ? 'It waits to be handled.' : 'It waits to be handled again.';
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
