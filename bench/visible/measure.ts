import { setTimeout as sleep } from 'node:timers/promises';
import type { Figures } from '../harness/alternate.js';
import { median } from '../harness/statistics.js';
import { startReceiver, type Receiver, type Surroundings } from '../webhooks/receivers.js';
import { sendEvents, type SentEvents } from './send-events.js';

export const STOCK = 'probot-report';

/** Long enough for stock Probot, which leaves three seconds between two comments. */
const PATIENCE_MS = 60_000;
/** Stock Probot is left alone until its own pauses are over: otherwise it would be measured slower than a lone event finds it. */
const REST_MS: Readonly<Record<string, number>> = { [STOCK]: 3_200 };
const USUAL_REST_MS = 300;

const SIZES = { full: { warm: 3, burst: 10 }, short: { warm: 1, burst: 2 } } as const;

/** One receiver, one round: a fresh process hears of one pull request, of a few more, and of ten in one moment. */
export async function measureVisible(
  around: Surroundings,
  { name, round }: { name: string; round: number },
): Promise<Figures> {
  const { burst, ...sizes } = SIZES[around.setting.size];
  const warm = name === STOCK ? 1 : sizes.warm;
  const rest = (around.setting.size === 'full' ? REST_MS[name] : undefined) ?? USUAL_REST_MS;
  await around.github.forget();
  const receiver = await startReceiver(around, { name, base: `${name.replaceAll('-', '_')}_${round}` });
  const show = createShow(around, receiver);
  try {
    const first = await show({ repository: 1, numbers: [1] });
    const warmed = [];
    for (let index = 0; index < warm; index += 1) {
      await sleep(rest);
      warmed.push(await show({ repository: 1, numbers: [10 + index] }));
    }
    const together = await show({
      repository: 2,
      numbers: Array.from({ length: burst }, (_, index) => 100 + index),
    });
    const { calls, refused } = await around.github.seen();
    return {
      'first check': first.check[0] ?? Number.NaN,
      'first comment': first.comment[0] ?? Number.NaN,
      'warm check': median(warmed.flatMap(({ check }) => check)),
      'warm comment': median(warmed.flatMap(({ comment }) => comment)),
      'burst first': Math.min(...together.comment),
      'burst median': median(together.comment),
      'burst last': Math.max(...together.comment),
      calls: calls / (1 + warm + burst),
      refused,
    };
  } finally {
    await receiver.kill();
  }
}

interface Shown {
  /** Milliseconds from the webhook to the moment it was there, for each pull request. */
  readonly check: readonly number[];
  readonly comment: readonly number[];
}

type Show = (wanted: { readonly repository: number; readonly numbers: readonly number[] }) => Promise<Shown>;

/** Sends the events and watches GitHub until all of them can be seen there. */
function createShow(around: Surroundings, { port, base }: Receiver): Show {
  return async (wanted) => {
    const sent = await sendEvents({ port, secret: around.credentials.secret, ...wanted });
    const until = sent.at + PATIENCE_MS;
    for (;;) {
      const shown = await seenOf(around, sent);
      if (shown.check.length + shown.comment.length === 2 * sent.events.length) {
        await sent.answered;
        return shown;
      }
      if (performance.timeOrigin + performance.now() > until)
        throw new Error(`${base}: not everything became visible.`);
      await sleep(20);
    }
  };
}

async function seenOf({ github }: Surroundings, { at, events }: SentEvents): Promise<Shown> {
  const { visible } = await github.seen();
  const times = (kind: 'check' | 'comment', subjects: readonly string[]) =>
    subjects.flatMap((subject) => {
      const found = visible.find((one) => one.kind === kind && one.subject === subject);
      return found ? [found.at - at] : [];
    });
  return {
    check: times(
      'check',
      events.map(({ sha }) => sha),
    ),
    comment: times(
      'comment',
      events.map(({ number }) => number),
    ),
  };
}
