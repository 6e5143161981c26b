import { BATCH_LIMITS } from '../../shared/log-lines.js';
import type { LogSource } from '../../shared/log-lines.js';
import type { ProgramLine } from '../../targets/target.js';
import { appendRuntimeLogs, type RuntimePorts } from './append.js';

interface Followed {
  readonly deploymentId: string;
  readonly source: LogSource;
  readonly signal: AbortSignal;
  /** What the program prints, from this time on, that included. Ends when the program does. */
  readonly follow: (since: Date, signal: AbortSignal) => AsyncIterable<ProgramLine>;
}

/** So long a line waits for others, so that a busy program is not one write a line. */
const WAIT_MS = 500;
const MOST_CHARACTERS = 64 * 1024;

/**
 * Where a line is in the log of its service: its time, and how many lines of the same millisecond come before it. A program that is read
 * again gives the same lines the same places, so what is stored already is recognised.
 */
type Place = number;

const EPOCH = Date.UTC(2020, 0, 1);
const MOST_IN_A_MILLISECOND = 10_000;

function placeOf(at: Date, before: number): Place {
  return (at.getTime() - EPOCH) * MOST_IN_A_MILLISECOND + Math.min(before, MOST_IN_A_MILLISECOND - 1);
}

function timeOf(place: Place): Date {
  return new Date(EPOCH + Math.floor(place / MOST_IN_A_MILLISECOND));
}

interface Placed {
  readonly line: ProgramLine;
  readonly place: Place;
}

/**
 * Stores what a program prints, each line once: after a restart of this server or of the program it goes on where the stored log ends. When
 * two processes follow one program, the one that is behind stores nothing and starts over from the end of the log. Ends with the program.
 */
export async function followProgram(ports: RuntimePorts, followed: Followed): Promise<void> {
  while (!followed.signal.aborted && (await followOnce(ports, followed)) === 'overtaken');
}

async function followOnce(ports: RuntimePorts, followed: Followed): Promise<'ended' | 'overtaken'> {
  const stored = new Map(Object.entries(await ports.runtimeLogs.batchesOf(followed.deploymentId)));
  const since = stored.size > 0 ? timeOf(Math.min(...stored.values())) : new Date(0);
  const counted = new Map<string, { at: number; count: number }>();
  const over = new AbortController();
  const signal = AbortSignal.any([followed.signal, over.signal]);
  for await (const lines of batched(followed.follow(since, signal), signal)) {
    const fresh = lines
      .map((line): Placed => ({ line, place: placeOf(line.at, countOf(counted, line)) }))
      .filter(({ line, place }) => place > (stored.get(line.service) ?? -1));
    if (await storeAll(ports, { followed, stored, fresh })) continue;
    over.abort();
    return 'overtaken';
  }
  return 'ended';
}

function countOf(counted: Map<string, { at: number; count: number }>, { service, at }: ProgramLine): number {
  const last = counted.get(service);
  const count = last?.at === at.getTime() ? last.count + 1 : 0;
  counted.set(service, { at: at.getTime(), count });
  return count;
}

interface Stored {
  readonly followed: Followed;
  /** The last place of each service. */
  readonly stored: Map<string, Place>;
}

/** False when another process was faster. */
async function storeAll(
  ports: RuntimePorts,
  { fresh, ...stored }: Stored & { readonly fresh: readonly Placed[] },
): Promise<boolean> {
  for (const service of new Set(fresh.map(({ line }) => line.service))) {
    for (const part of partsOf(fresh.filter(({ line }) => line.service === service)))
      if (!(await store(ports, { ...stored, service, part }))) return false;
  }
  return true;
}

interface Storing extends Stored {
  readonly service: string;
  readonly part: readonly Placed[];
}

async function store(ports: RuntimePorts, { followed, service, part, stored }: Storing): Promise<boolean> {
  const place = part.at(-1)?.place ?? 0;
  const { chunk } = await appendRuntimeLogs(ports, {
    deploymentId: followed.deploymentId,
    source: followed.source,
    ...{ writer: service, batch: place, after: stored.get(service) ?? null },
    lines: part.map(({ line: { at, stream, text } }) => ({
      at,
      level: stream === 'stderr' ? ('error' as const) : ('info' as const),
      text: shown(service, text),
    })),
  });
  stored.set(service, place);
  return chunk !== null;
}

/** Of several services, each line says whose it is. */
function shown(service: string, text: string): string {
  const line = text.slice(0, BATCH_LIMITS.lineCharacters);
  return service === 'app' ? line : `${service} | ${line}`;
}

/** Line breaks in a line would make more lines of it; there are none in what a program prints line by line. */
function* partsOf(placed: readonly Placed[]): Generator<readonly Placed[]> {
  let part: Placed[] = [];
  let characters = 0;
  for (const one of placed) {
    const length = Math.min(one.line.text.length, BATCH_LIMITS.lineCharacters);
    if (part.length > 0 && (characters + length > MOST_CHARACTERS || part.length >= BATCH_LIMITS.lines)) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(one);
    characters += length;
  }
  if (part.length > 0) yield part;
}

/** Lines that come within a moment, together. */
async function* batched(
  lines: AsyncIterable<ProgramLine>,
  signal: AbortSignal,
): AsyncGenerator<readonly ProgramLine[]> {
  const iterator = lines[Symbol.asyncIterator]();
  let waiting: ProgramLine[] = [];
  let late: Promise<null> | null = null;
  let next = iterator.next();
  try {
    for (let ended = false; !ended && !signal.aborted;) {
      const came = await Promise.race(late ? [next, late] : [next]);
      if (came?.done === false) {
        late ??= pause();
        waiting.push(came.value);
        next = iterator.next();
      }
      ended = came?.done === true;
      if (waiting.length === 0 || !(ended || came === null || waiting.length >= BATCH_LIMITS.lines)) continue;
      yield waiting;
      waiting = [];
      late = null;
    }
  } finally {
    next.catch(() => undefined);
    // It may wait for a line that never comes, until the signal ends it.
    void iterator.return?.().catch(() => undefined);
  }
}

function pause(): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), WAIT_MS).unref();
  });
}
