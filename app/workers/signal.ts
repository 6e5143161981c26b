/** A bell: whoever waits hears the next ring, and a ring that nobody waited for is heard by the next to wait. */
export interface Signal {
  ring(): void;
  /** Until the next ring, or until the time is over. */
  wait(ms: number): Promise<void>;
}

export function createSignal(): Signal {
  let rung = false;
  let hear: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      hear?.();
    },
    async wait(ms) {
      if (!rung)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          hear = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      hear = undefined;
      rung = false;
    },
  };
}
