import { DELIVERIES, type deliveryPages } from '../../../../src/contract/dashboard/deliveries.js';
import { LIVE, PREVIEWS } from '../../../../src/contract/dashboard/previews.js';
import type { DeliveryDetailView } from '../../../../src/contract/deliveries.js';
import { refusalOf } from '../../../../src/deliveries/replay.js';
import { DELIVERY } from '../../../../src/shared/status/delivery.js';
import { DELIVERY_STATUS } from '../../../../src/shared/status/words.js';
import { deliveryHandlers } from '../../../api/deliveries.js';
import type { Handlers } from '../../../api/handler.js';
import { versionOf } from '../../../live/watch.js';
import type { Ports } from '../../../ports.js';
import { perform } from '../call.js';
import { eventOf, outcomeOf } from './list.js';
import { formHandler } from '../forms.js';
import type { Badge } from '../present.js';
import type { Shell } from '../shell.js';
import { type StartWatch, streamOf } from '../stream.js';

type Pages = Pick<Handlers<typeof deliveryPages>, 'showDelivery' | 'watchDelivery' | 'submitReplay'>;

interface DeliveryModel {
  readonly id: string;
  readonly event: string;
  readonly badge: Badge;
  readonly says: string;
  readonly rule: string;
  readonly error: string;
  readonly repository: string;
  readonly pullRequest: number | null;
  readonly action: string;
  readonly provider: string;
  readonly receivedAt: string;
  readonly attempts: number;
  readonly previews: readonly { readonly href: string; readonly name: string; readonly project: string }[];
  readonly replays: readonly { readonly by: string; readonly at: string; readonly before: string }[];
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** Empty when it was dropped. */
  readonly payload: string;
  /** Why it cannot be replayed; empty when it can. */
  readonly refusal: string;
  /** The form sends it here; empty while it waits anyway. */
  readonly replay: string;
}

export function deliveryPage(shell: Shell, watch: StartWatch): Pages {
  const show = shell.page<DeliveryModel>('delivery');
  return {
    async showDelivery(ports, input) {
      const { params } = input;
      const view = await perform(deliveryHandlers.getDelivery, { ports, input, params });
      const live = `${LIVE}${DELIVERIES}/${view.id}?from=${await versionIn(ports, view.id)}`;
      const favicon = DELIVERY[view.status].tone;
      return show(ports, input, {
        ...{ title: eventOf(view), section: 'deliveries', live, favicon },
        model: modelOf(view),
      });
    },
    async watchDelivery(ports, input) {
      const { id } = input.params;
      const read = () => versionIn(ports, id);
      return streamOf(watch, input, { key: `delivery ${id}`, from: input.query.from, read });
    },
    submitReplay: formHandler(async (ports, input) => {
      await perform(deliveryHandlers.replayDelivery, { ports, input, params: input.params });
      return { message: 'The webhook is handled again. What comes of it appears here.' };
    }),
  };
}

async function versionIn({ inbox }: Pick<Ports, 'inbox'>, id: string): Promise<string> {
  const delivery = await inbox.get(id);
  if (!delivery) return versionOf();
  const { status, decision, error, attempts, replays } = delivery;
  return versionOf(status, decision?.rule, error, attempts, replays.length);
}

function modelOf(view: DeliveryDetailView): DeliveryModel {
  const { id, status, decision, error, repository, pullRequest, provider, receivedAt, attempts } = view;
  const waits = status === DELIVERY_STATUS.stored;
  const refusal = refusalOf({ ...view, hasPayload: !view.payloadDropped }) ?? '';
  return {
    ...{ id, provider, receivedAt, attempts, pullRequest, refusal },
    event: eventOf(view),
    badge: DELIVERY[status],
    says: outcomeOf(view),
    rule: decision?.rule ?? '',
    error: error ?? '',
    repository: repository ?? '',
    action: decision?.action ?? '',
    previews: view.environments.map((one) => ({
      href: `${PREVIEWS}/${one.id}`,
      name: one.namespace,
      project: one.project,
    })),
    replays: view.replays
      .map(({ by, at, decision: before }) => ({ by, at, before: before?.detail ?? 'Nothing yet.' }))
      .toReversed(),
    headers: Object.entries(view.headers).map(([name, value]) => ({ name, value })),
    payload: view.payloadDropped ? '' : shownPayload(view.payload),
    replay: waits || refusal !== '' ? '' : `${DELIVERIES}/${id}/replay`,
  };
}

function shownPayload(payload: unknown): string {
  return typeof payload === 'string' ? payload : JSON.stringify(payload, null, 2);
}
