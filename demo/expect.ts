/** The demo checks what it shows: a step that did not come true ends it with this sentence. */
export class DemoFailure extends Error {
  override name = 'DemoFailure';
}

export function expectThat(truth: unknown, otherwise: string): asserts truth {
  if (!truth) throw new DemoFailure(otherwise);
}

const PAUSE_MS = 25;
/** Only what never comes true waits so long: machines differ. */
const PATIENCE_MS = 120_000;

/** Waits until something is so; after the deadline it fails with what was seen last. */
export async function eventually<T>(
  look: () => Promise<T>,
  {
    until,
    otherwise,
    deadlineMs = PATIENCE_MS,
  }: { until: (seen: T) => boolean; otherwise: string; deadlineMs?: number },
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (until(seen)) return seen;
    if (performance.now() > end)
      throw new DemoFailure(`${otherwise} Seen last: ${JSON.stringify(seen).slice(0, 500)}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
