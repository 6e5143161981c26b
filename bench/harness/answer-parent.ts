import { z } from 'zod';

const Asked = z.object({ id: z.int(), question: z.string(), given: z.unknown().optional() });

export interface Answering {
  /** What the parent must know first, such as a port. */
  readonly ready: unknown;
  readonly answers?: Readonly<Record<string, (given: unknown) => unknown>>;
  readonly end?: () => Promise<unknown>;
}

/** The child's side: says that it is up, answers questions, and ends with its parent whatever became of that. */
export function answerParent({ ready, answers = {}, end }: Answering): void {
  process.on('message', (raw) => {
    const { id, question, given } = Asked.parse(raw);
    const answer = answers[question];
    Promise.resolve()
      .then(() => {
        if (!answer) throw new Error(`nobody answers "${question}"`);
        return answer(given);
      })
      .then(
        (said) => process.send?.({ id, answer: said ?? null }),
        (error: unknown) =>
          process.send?.({
            id,
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          }),
      );
  });
  const leave = () => void Promise.resolve(end?.()).finally(() => process.exit(0));
  process.once('disconnect', leave).once('SIGTERM', leave);
  process.send?.({ ready });
}
