export interface CompanyLimits {
  /** So soon after a write as many are expected as it had. */
  readonly soonMs: number;
  /** When nobody came for so long, nobody is waited for. */
  readonly silenceMs: number;
  readonly longestMs: number;
}

export const COMPANY_LIMITS: CompanyLimits = { soonMs: 10, silenceMs: 2, longestMs: 10 };

/**
 * Whoever was answered together comes back together: when the last write had thirty deliveries, the first of the next ones waits a
 * moment for the others, so that the journal is flushed once for all of them and not once for it alone. What comes alone never waits.
 */
export function createCompany(limits: CompanyLimits = COMPANY_LIMITS) {
  let expected = 1;
  let writtenAt = -Infinity;
  let wake = (): void => undefined;

  function silence(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limits.silenceMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    /** Ends when all who are expected are there, or nobody comes any more. */
    async gather(waiting: () => number): Promise<void> {
      const began = performance.now();
      if (began - writtenAt > limits.soonMs) return;
      for (let seen = 0; seen < waiting() && waiting() < expected;) {
        if (performance.now() - began > limits.longestMs) return;
        seen = waiting();
        await silence();
      }
    },
    arrived(waiting: number): void {
      if (waiting >= expected) wake();
    },
    written(count: number): void {
      expected = count;
      writtenAt = performance.now();
    },
  };
}
