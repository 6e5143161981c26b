export interface Lanes {
  /** Runs the work as soon as fewer than the given number run. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** A bound on how much happens at once. */
export function createLanes(count: number): Lanes {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    async run(work) {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else free -= 1;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
