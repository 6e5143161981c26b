import { ACTIVITY_EVERY_MS } from '../../src/environments/idle.js';
import type { Clock } from '../../src/shared/tools.js';

interface ActivityOptions {
  readonly record: (environmentId: string, at: Date) => Promise<void>;
  readonly clock: Clock;
  /** A write failed; the next one says the same. */
  readonly onError: (error: unknown) => void;
}

export interface Activity {
  /** A request or a connection of a visitor begins; the answer says that it ended. While it is open, the preview has a visitor. */
  begin(environmentId: string): () => void;
  /** Writes what was not written yet, once a minute by itself. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface Seen {
  open: number;
  last: number;
  written: number;
}

/**
 * Who is visited, and when last. The first visit after a quiet minute is written at once, so that every process knows of it; what comes
 * after it is written together, once a minute.
 */
export function createActivity({ record, clock, onError }: ActivityOptions): Activity {
  const seen = new Map<string, Seen>();
  const now = () => clock.now().getTime();

  async function write(environmentId: string, one: Seen): Promise<void> {
    const before = one.written;
    one.written = one.last;
    try {
      await record(environmentId, new Date(one.last));
    } catch (error) {
      one.written = Math.min(one.written, before);
      onError(error);
    }
  }

  async function flush(): Promise<void> {
    const at = now();
    const writes: Promise<void>[] = [];
    for (const [environmentId, one] of seen) {
      if (one.open > 0) one.last = at;
      if (one.last > one.written) writes.push(write(environmentId, one));
      else if (one.open === 0 && at - one.last >= ACTIVITY_EVERY_MS) seen.delete(environmentId);
    }
    await Promise.all(writes);
  }

  const timer = setInterval(() => void flush(), ACTIVITY_EVERY_MS).unref();
  return {
    begin(environmentId) {
      const one = seen.get(environmentId) ?? { open: 0, last: 0, written: 0 };
      seen.set(environmentId, one);
      one.open += 1;
      one.last = now();
      if (one.last - one.written >= ACTIVITY_EVERY_MS) void write(environmentId, one);
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        one.open -= 1;
        one.last = now();
      };
    },
    flush,
    close() {
      clearInterval(timer);
      return flush();
    },
  };
}
