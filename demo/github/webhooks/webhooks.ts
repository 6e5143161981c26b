import type { Clock } from '../clock.js';
import type { AppOptions } from '../options.js';
import type { Json } from '../documents.js';
import { makeDelivery, withGuid, type Delivery } from './delivery.js';

export interface Attempt {
  readonly id: number;
  readonly delivery: Delivery;
  readonly at: number;
  readonly milliseconds: number;
  readonly redelivery: boolean;
  /** 0 = no answer: refused, broken, or slower than GitHub's patience. */
  readonly status: number;
  readonly answer: string;
}

export interface Sending {
  readonly times?: number;
  /** One delivery under each of these GUIDs instead of its own. */
  readonly guids?: readonly string[];
}

export interface Webhooks {
  readonly deliveries: readonly Delivery[];
  readonly attempts: readonly Attempt[];
  /** Makes a delivery and sends it in the background, unless deliveries are held or the App did not subscribe. */
  emit(event: string, payload: Json): Delivery;
  sendTo(url: string): void;
  /** From now on deliveries wait for release(), or for being sent one by one in any order. */
  hold(): void;
  release(): Promise<Attempt[]>;
  /** All copies at once. */
  send(delivery: Delivery, sending?: Sending): Promise<Attempt[]>;
  redeliver(attemptId: number): Promise<Attempt | undefined>;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

interface WebhookSetup {
  readonly app: AppOptions;
  readonly clock: Clock;
  readonly patienceMs: number;
  readonly nextId: () => number;
}

export function createWebhooks({ app, clock, patienceMs, nextId }: WebhookSetup): Webhooks {
  const deliveries: Delivery[] = [];
  const attempts: Attempt[] = [];
  const underWay = new Set<Promise<Attempt>>();
  let held: Delivery[] | undefined;
  let target = app.webhookUrl;

  const attempt = async (delivery: Delivery, kind: 'first' | 'again'): Promise<Attempt> => {
    const at = clock();
    const started = performance.now();
    const answered = await post({ url: target, patienceMs }, delivery);
    const milliseconds = performance.now() - started;
    const made = { id: nextId(), delivery, at, milliseconds, redelivery: kind === 'again', ...answered };
    attempts.push(made);
    return made;
  };
  const track = (promise: Promise<Attempt>): Promise<Attempt> => {
    underWay.add(promise);
    return promise.finally(() => underWay.delete(promise));
  };
  const send: Webhooks['send'] = (delivery, { times = 1, guids } = {}) => {
    const copies =
      guids?.map((guid) => withGuid(delivery, guid)) ?? Array.from({ length: times }, () => delivery);
    return Promise.all(copies.map((copy) => track(attempt(copy, 'first'))));
  };
  return {
    deliveries,
    attempts,
    emit(event, payload) {
      const delivery = makeDelivery({ event, payload, secret: app.webhookSecret, appId: app.id });
      if (!subscribed(app, event)) return delivery;
      deliveries.push(delivery);
      if (held) held.push(delivery);
      if (!held && target !== undefined) void send(delivery);
      return delivery;
    },
    sendTo: (url) => void (target = url),
    hold: () => void (held ??= []),
    async release() {
      const waiting = held ?? [];
      held = undefined;
      const sent: Attempt[] = [];
      for (const delivery of waiting) sent.push(...(await send(delivery)));
      return sent;
    },
    send,
    async redeliver(attemptId) {
      const earlier = attempts.find((one) => one.id === attemptId);
      return earlier && (await track(attempt(earlier.delivery, 'again')));
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** Installation events reach an App without a subscription. */
function subscribed(app: AppOptions, event: string): boolean {
  return event.startsWith('installation') || app.events.includes(event);
}

async function post(
  { url, patienceMs }: { url: string | undefined; patienceMs: number },
  { body, headers }: Delivery,
): Promise<{ status: number; answer: string }> {
  if (url === undefined) return { status: 0, answer: 'The App has no webhook URL.' };
  const signal = AbortSignal.timeout(patienceMs);
  try {
    const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body), signal });
    return { status: response.status, answer: await response.text() };
  } catch (error) {
    return { status: 0, answer: error instanceof Error ? error.message : String(error) };
  }
}
