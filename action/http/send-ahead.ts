/** A request that was sent before its answer is needed. */
export interface SentAhead<T> {
  readonly answer: Promise<T>;
}

/** Answers when the request has left, because reading a program, which usually comes next, holds up everything else. */
export async function sendAhead<T>(send: (onSent: () => void) => Promise<T>): Promise<SentAhead<T>> {
  let sent = (): void => undefined;
  const leaving = new Promise<void>((resolve) => (sent = resolve));
  const answer = send(() => sent());
  // Who takes the answer hears of its failure; here it only ends the waiting.
  answer.catch(() => sent());
  await leaving;
  return { answer };
}
