/** Only what never comes true waits so long. */
const PATIENCE_MS = 60_000;

/** Asks again until there is an answer: for leases that run on the clock of a database. */
export async function until<T>(ask: () => Promise<T | null | undefined>, withinMs = PATIENCE_MS): Promise<T> {
  const end = Date.now() + withinMs;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer !== null && answer !== undefined) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`No answer within ${withinMs} ms.`);
}
