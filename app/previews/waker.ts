import type { ServerResponse } from 'node:http';

interface WakerOptions {
  /** Rejects when the program does not start. */
  readonly wake: (environmentId: string) => Promise<unknown>;
  /** How long a request waits for its program. */
  readonly holdMs?: number;
}

/** How the wait for a program ended. `left`: the visitor did not wait. */
export type Woken = 'awake' | 'broken' | 'late' | 'left';

export interface Waker {
  /** Wakes it, once for everybody who comes meanwhile. */
  start(environmentId: string): void;
  /** The same, and waits with a request. */
  hold(environmentId: string, response: ServerResponse): Promise<Woken>;
}

/** Shorter than what clients and proxies wait for an answer. */
const HOLD_MS = 25_000;

/** Wakes previews that visitors come to. The wake goes on when they leave, and its failure is in the documents. */
export function createWaker({ wake, holdMs = HOLD_MS }: WakerOptions): Waker {
  const waking = new Map<string, Promise<Woken>>();

  function begin(environmentId: string): Promise<Woken> {
    const known = waking.get(environmentId);
    if (known) return known;
    const work = wake(environmentId)
      .then(
        (): Woken => 'awake',
        (): Woken => 'broken',
      )
      .finally(() => waking.delete(environmentId));
    waking.set(environmentId, work);
    return work;
  }

  return {
    start: (environmentId) => void begin(environmentId),
    async hold(environmentId, response) {
      let timer: NodeJS.Timeout | undefined;
      let leave: () => void = () => undefined;
      const over = new Promise<Woken>((resolve) => {
        timer = setTimeout(() => resolve('late'), holdMs);
        leave = () => resolve('left');
        response.once('close', leave);
      });
      try {
        return await Promise.race([begin(environmentId), over]);
      } finally {
        clearTimeout(timer);
        response.off('close', leave);
      }
    },
  };
}
