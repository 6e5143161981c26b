import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { alternate, type Figures, type Samples } from '../harness/alternate.js';
import type { Child } from '../harness/children.js';
import { compare, type Comparison, type Goal, type Row } from '../harness/compare.js';
import type { Bench, Outcome, Setting } from '../harness/setting.js';
import { median, quantile } from '../harness/statistics.js';
import { createVisit, type Visit as LoadVisit } from '../serving/wrk.js';
import { type Echo, Times } from './plan.js';
import { direct, type Front, httpProxy, nginx, ours, type StartFront, startPrograms } from './servers.js';

export const proxy: Bench = {
  summary: 'answers, WebSockets and events through the proxy of previews, against nginx and http-proxy (P19)',
  rounds: { full: 7, short: 1 },
  run,
};

const OURS = 'ours';
const NGINX = 'nginx as a proxy';
const HTTP_PROXY = 'http-proxy 1.18';
const DIRECT = 'floor: no proxy';

interface Contender {
  readonly start: StartFront;
  readonly needs?: string;
}

const CONTENDERS: Readonly<Record<string, Contender>> = {
  [OURS]: { start: ours },
  [NGINX]: { start: nginx, needs: 'nginx' },
  [HTTP_PROXY]: { start: httpProxy },
  [DIRECT]: { start: direct },
};

async function run(setting: Setting): Promise<Outcome> {
  const { upstream, programs } = await startPrograms(setting);
  const fronts = new Map<string, Front>();
  for (const [name, { start, needs }] of Object.entries(CONTENDERS))
    if (needs === undefined || setting.find(needs) !== null) fronts.set(name, await start(setting, programs));
  const visit = await createVisit(setting);
  const load = await setting.children.start('proxy/load.js', { core: 'beside' });
  const samples = await alternate({
    names: [...fronts.keys()],
    rounds: setting.rounds,
    async measure(name, round) {
      const front = fronts.get(name);
      if (!front) throw new Error(`${name} was not started.`);
      const figures = await measure(setting, { front, visit, load, upstream });
      const said = Object.entries(figures).map(([what, figure]) => `${what} ${figure.toFixed(2)}`);
      setting.say(`round ${round + 1}: ${name}: ${said.join(', ')}`);
      return figures;
    },
  });
  return { rows: rowsOf(samples), notes: NOTES };
}

interface Measured {
  readonly front: Front;
  readonly visit: LoadVisit;
  readonly load: Child;
  readonly upstream: Child;
}

const SECONDS = 2;

async function measure({ size }: Setting, { front, visit, load, upstream }: Measured): Promise<Figures> {
  const asked = { port: front.small.port, addresses: ['/'], headers: { Host: front.small.host } };
  if (size === 'full') await visit({ ...asked, seconds: 1 });
  const small = await visit({ ...asked, seconds: size === 'full' ? SECONDS : 1 });
  const echo = await measureEcho(load, front, size);
  const events = await measureEvents({ load, upstream }, front, size);
  return {
    small: small.perSecond,
    'echo p50': median(echo),
    'echo p99': quantile(echo, 0.99),
    'event p50': median(events),
    'event p99': quantile(events, 0.99),
  };
}

const ECHOES: Readonly<Record<Setting['size'], Omit<Echo, 'port' | 'host'>>> = {
  full: { connections: 50, pauseMs: 50, messages: 60 },
  short: { connections: 10, pauseMs: 10, messages: 10 },
};

async function measureEcho(
  load: Child,
  { streams }: Front,
  size: Setting['size'],
): Promise<readonly number[]> {
  const ask = (given: Echo) => load.ask({ question: 'echo', given, schema: Times });
  const plan = { ...streams, ...ECHOES[size] };
  await ask({ ...plan, messages: Math.ceil(plan.messages / 4) });
  return ask(plan);
}

const READERS = 20;
const EVENTS: Readonly<Record<Setting['size'], number>> = { full: 100, short: 10 };
const BETWEEN_EVENTS_MS = 20;
const SETTLE_MS = 500;

async function measureEvents(
  { load, upstream }: Pick<Measured, 'load' | 'upstream'>,
  { streams }: Front,
  size: Setting['size'],
): Promise<readonly number[]> {
  await load.ask({ question: 'listen', given: { ...streams, readers: READERS }, schema: z.null() });
  for (let sent = 0; sent < EVENTS[size]; sent += 1) {
    await upstream.ask({ question: 'send', schema: z.null() });
    await sleep(BETWEEN_EVENTS_MS);
  }
  // The last one may still be on its way.
  await sleep(SETTLE_MS);
  const times = await load.ask({ question: 'leave', schema: Times });
  if (times.length !== READERS * EVENTS[size])
    throw new Error(`${String(times.length)} events arrived of ${String(READERS * EVENTS[size])}.`);
  return times;
}

type Asked = Pick<Comparison, 'what' | 'unit'> & {
  readonly figure: string;
  readonly against: Readonly<Record<string, Goal | null>>;
};

const least = (value: number): Goal => ({ of: 'ratio', least: value });

const ASKED: readonly Asked[] = [
  {
    figure: 'small',
    what: 'small answers',
    unit: 'per second',
    against: { [NGINX]: least(0.5), [HTTP_PROXY]: least(1.5), [DIRECT]: null },
  },
  {
    figure: 'echo p50',
    what: 'echo of a WebSocket: p50',
    unit: 'ms',
    against: { [NGINX]: null, [HTTP_PROXY]: null, [DIRECT]: null },
  },
  {
    figure: 'echo p99',
    what: 'echo of a WebSocket: p99',
    unit: 'ms',
    against: { [NGINX]: null, [HTTP_PROXY]: null, [DIRECT]: { of: 'ratio', most: 2 } },
  },
  {
    figure: 'event p50',
    what: 'event, from the program to its reader: p50',
    unit: 'ms',
    against: { [NGINX]: null, [HTTP_PROXY]: null, [DIRECT]: null },
  },
  {
    figure: 'event p99',
    what: 'event, from the program to its reader: p99',
    unit: 'ms',
    // The promise is about what the proxy adds. Program and readers share a core, and what that takes is in the floor too.
    against: { [NGINX]: null, [HTTP_PROXY]: null, [DIRECT]: { of: 'difference', most: 5 } },
  },
];

function rowsOf(samples: Samples): Row[] {
  return ASKED.flatMap(({ figure, against, ...asked }) =>
    Object.entries(against).map(([peer, goal]) =>
      compare({
        ...asked,
        id: 'P19',
        ours: samples.of(OURS, figure),
        against: peer,
        theirs: samples.against(peer, figure),
        ...(goal && { goal }),
      }),
    ),
  );
}

const NOTES = [
  'Small answers: 700 bytes, 64 connections from wrk (autocannon where wrk is not installed). The proxy has one core; load and program, an nginx with a constant answer, share the other.',
  'Echo: 50 WebSockets, each with a message of 64 bytes every 50 ms. Events: 20 readers, an event every 20 ms, from the moment at which the program writes it; both processes use the clock of the machine. Program, load and floor share one core, so the goal is what the proxy adds to the floor.',
  'Ours is the whole App: the preview is found by its host name, headers that reach beyond it are taken out, and its visits are noted. nginx is the one of Debian, with one worker and connections to the program that are kept. http-proxy has an agent that keeps connections; as it comes, it opens one for each request.',
];
