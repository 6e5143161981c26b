import { setTimeout as pause } from 'node:timers/promises';
import type { LogFilter } from '../../src/deployments/logs/read.js';
import type { LogChunk } from '../../src/deployments/logs/store.js';
import { type Audience, createAudience, type Follower } from './audience.js';

/** How a log is read while a reader follows it. */
export interface TopicSource {
  readonly filter: LogFilter;
  /** Chunks that begin with this line or later. */
  readonly read: (first: number) => Promise<readonly LogChunk[]>;
  readonly isOver: () => Promise<boolean>;
  /** How long until the database is asked again for what other servers stored. */
  readonly pollMs: number;
  readonly onEmpty: () => void;
  readonly onError: (error: unknown) => void;
}

export interface Topic {
  /** Takes a follower that has what is stored; false when it is behind the others: it must read on first. */
  join(follower: Follower): boolean;
  /** This process stored a chunk. */
  stored(chunk: LogChunk): void;
}

/** A log that clients of this process follow. Each new line is read once, and sent to all in one frame. */
export function createTopic(source: TopicSource): Topic {
  const onEmpty = () => {
    polling.stop();
    source.onEmpty();
  };
  const audience = createAudience({ filter: source.filter, onEmpty });
  const errors = onceAnOutage(source.onError);
  const feed = createFeed(source, { audience, errors });
  const polling = createPolling(source, { audience, errors, feed });
  return {
    stored: feed.stored,
    join(follower) {
      const isFirst = audience.isEmpty();
      const joined = audience.join(follower);
      if (joined && isFirst) polling.start();
      return joined;
    },
  };
}

interface Errors {
  /** Answers false, for the caller to hand on. */
  readonly failed: (error: unknown) => false;
  readonly worked: () => void;
}

/** One message for each time that the database is away, however often it is asked meanwhile. */
function onceAnOutage(onError: (error: unknown) => void): Errors {
  let failing = false;
  return {
    failed(error) {
      if (!failing) onError(error);
      failing = true;
      return false;
    },
    worked: () => void (failing = false),
  };
}

interface Feed {
  readonly stored: (chunk: LogChunk) => void;
  /** Sends what is stored and not sent yet. Resolves to false when it could not be read. */
  readonly read: () => Promise<boolean>;
}

interface Parts {
  readonly audience: Audience;
  readonly errors: Errors;
}

/** Frames are at least so far apart, and as far as the last one took to write: lines that come quickly share a frame. */
const PACE_MS = 10;

function createFeed({ read }: TopicSource, { audience, errors }: Parts): Feed {
  let fresh: LogChunk[] = [];
  let mustRead = false;
  let working: Promise<boolean> | null = null;

  async function work(): Promise<boolean> {
    while (!audience.isEmpty() && (fresh.length > 0 || mustRead)) {
      const began = performance.now();
      const { following, isComplete } = follow(fresh, audience.position());
      fresh = [];
      audience.send(following);
      if (mustRead || !isComplete) {
        mustRead = false;
        audience.send(await read(audience.position() + 1));
      }
      await pause(Math.max(PACE_MS, performance.now() - began), undefined, { ref: false });
    }
    errors.worked();
    return true;
  }

  const wake = (): Promise<boolean> => {
    working ??= work()
      .catch(errors.failed)
      .finally(() => (working = null));
    return working;
  };

  return {
    stored(chunk) {
      fresh.push(chunk);
      void wake();
    },
    read() {
      mustRead = true;
      return wake();
    },
  };
}

/** The chunks that follow this line without a gap. What this process stored needs no read, unless another one stored something before it. */
function follow(chunks: readonly LogChunk[], position: number) {
  let next = position + 1;
  const following: LogChunk[] = [];
  for (const chunk of chunks) {
    if (chunk.first !== next) continue;
    following.push(chunk);
    next += chunk.lines.length;
  }
  return { following, isComplete: chunks.every(({ first }) => first < next) };
}

/** A log in which nothing happens is asked for less often: at most so many times as far apart. */
const SLOWEST = 4;
/** One step slower after so many times without news. */
const PATIENT = 20;

/** Asks for what other servers stored, and whether the log has ended. */
function createPolling(
  { isOver, pollMs }: TopicSource,
  { audience, errors, feed }: Parts & { readonly feed: Feed },
) {
  let timer: NodeJS.Timeout | null = null;
  let quiet = 0;

  async function poll(): Promise<void> {
    const before = audience.position();
    // Asked first: what is read after the end is complete.
    const over = await isOver();
    const isRead = await feed.read();
    const hasNews = audience.position() !== before;
    quiet = hasNews ? 0 : quiet + 1;
    if (over && isRead && !hasNews) audience.end({ name: 'end', reason: 'complete' });
  }

  function pollIn(ms: number): void {
    timer = setTimeout(() => {
      poll()
        .catch(errors.failed)
        .finally(() => {
          if (!audience.isEmpty()) pollIn(pollMs * Math.min(SLOWEST, 1 + quiet / PATIENT));
        });
    }, ms);
    timer.unref();
  }

  return {
    start: () => pollIn(0),
    stop: () => void (timer && clearTimeout(timer)),
  };
}
