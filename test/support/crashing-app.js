// A server that kills or stops itself in the middle of something: the argument says around which call. One that was stopped and
// goes on later does as if nothing had happened, once.
// Plain JavaScript over the compiled product, because it must be a process of its own.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { envToConfig } from '../../build/app/config/config.js';
import { createApp } from '../../build/app/create-app.js';
import { every } from '../../build/app/workers/every.js';
import { envToSecrets } from '../../build/app/config/secrets.js';
import { sweep } from '../../build/src/reconcile/sweep.js';

const { point, sweepEveryMs, leaseMs, aheadMs = 0, rate = 1 } = JSON.parse(process.argv[2] ?? '{}');
const signal = point?.signal ?? 'SIGKILL';
let pending = point?.event === undefined;
/** The webhook is taken up, which may happen before the call that stores it has come back. */
let workedOn = false;
const die = () => process.kill(process.pid, signal);
const pause = () => (signal === 'SIGKILL' ? new Promise(() => undefined) : undefined);

function crashing(name, part) {
  if (point?.port !== name) return part;
  return new Proxy(part, {
    get(target, key) {
      const value = target[key];
      if (key !== point.method || typeof value !== 'function') return value;
      return async (...args) => {
        if (isClaim(key)) return claim(value.apply(target, args));
        if (workedOn) await stored();
        if (!pending || !fits(args)) return value.apply(target, args);
        if (signal !== 'SIGKILL') pending = false;
        if (point.when === 'before') {
          // What was answered in this turn is on the wire by then.
          await nextTurn();
          die();
          await pause();
        }
        if (point.when === 'inside') return value.apply(target, [insideOf(args[0]), ...args.slice(1)]);
        const result = await value.apply(target, args);
        if (point.when === 'after' && (Array.isArray(result) ? result.length > 0 : result !== null)) {
          die();
          await pause();
        }
        return result;
      };
    },
  });
}

/** A claim may begin before the webhook is stored, and find it all the same: only what it found tells. */
const isClaim = (key) => key === 'claim' && point.when === 'after' && point.event !== undefined;

async function claim(work) {
  const found = await work;
  if (found.some(({ event }) => event === point.event)) {
    await stored();
    die();
    await pause();
  }
  return found;
}

/** Its sender has the answer by then. */
async function stored() {
  if (pending) return;
  while (!pending) await nextTurn();
  for (let turns = 0; turns < 2; turns += 1) await nextTurn();
}

function fits(args) {
  if (!point.sets) return true;
  const written = args.find((arg) => arg?.patch)?.patch ?? args[0];
  return written[point.sets] !== undefined && written[point.sets] !== null && written[point.sets] !== false;
}

/** Every byte of the file was written, but it has no name yet. */
function insideOf(blob) {
  async function* content() {
    yield* blob.content;
    die();
    await pause();
  }
  return { ...blob, content: content() };
}

/** The webhook that the crash waits for: it counts once it is stored, or while it is being stored where that is the point. */
function awaiting(inbox) {
  if (!point?.event) return inbox;
  return {
    ...inbox,
    async claim(...args) {
      const found = await inbox.claim(...args);
      workedOn ||= found.some(({ event }) => event === point.event);
      return found;
    },
    async store(deliveries) {
      const came = deliveries.some(({ event }) => event === point.event);
      if (point.method === 'store') pending ||= came;
      await inbox.store(deliveries);
      pending ||= came;
    },
  };
}

function crashingStores(stores) {
  const around = Object.entries(stores).map(([name, store]) => [name, crashing(name, store)]);
  const all = Object.fromEntries(around);
  return { ...all, inbox: awaiting(all.inbox) };
}

/** What stops and wakes a program is part of its target. */
function crashingTargets(targets) {
  return new Map(
    [...targets].map(([name, target]) => {
      const { capabilities } = target;
      const sleep = capabilities.sleep && crashing('targets', capabilities.sleep);
      return [name, crashing('targets', { ...target, capabilities: { ...capabilities, sleep } })];
    }),
  );
}

/** It may be later than it is, and time may go faster: a program sleeps half an hour after its last visitor. */
const began = Date.now();
const clock = { now: () => new Date(began + aheadMs + (Date.now() - began) * rate) };

const around = (part) =>
  ({
    stores: crashingStores,
    blobs: (blobs) => crashing('blobs', blobs),
    reporter: (reporter) => crashing('reporter', reporter),
    targets: crashingTargets,
  })[part];

const app = await createApp(envToConfig(process.env), envToSecrets(process.env), {
  around: {
    ...{ stores: around('stores'), blobs: around('blobs'), reporter: around('reporter') },
    targets: around('targets'),
  },
  ...(aheadMs > 0 && { clock, programsEveryMs: 250 }),
  pace: (_installation, { run }) => run(),
  write: () => undefined,
  // The one below comes when the test says so.
  firstSweepMs: 60 * 60_000,
  ...(leaseMs && { leaseMs }),
});
const log = () => undefined;
const sweeping =
  sweepEveryMs && every({ name: 'sweep', everyMs: sweepEveryMs, run: () => sweep(app.ports), log });
process.stdout.write(`${JSON.stringify({ url: app.url, port: app.port })}\n`);
process.once('SIGTERM', () => {
  if (sweeping) void sweeping.stop(0);
  void app.close().then(() => process.exit(0));
});
