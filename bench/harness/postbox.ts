import type { ChildProcess } from 'node:child_process';
import { z } from 'zod';

export interface Question<T> {
  readonly question: string;
  readonly given?: unknown;
  readonly schema: z.ZodType<T>;
}

const Message = z.union([
  z.object({ id: z.int(), error: z.string() }),
  z.object({ id: z.int(), answer: z.unknown() }),
  z.object({ ready: z.unknown() }),
]);

interface Open {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Questions to a child and its answers, over Node's own channel. */
export function createPostbox(child: ChildProcess, { name, output }: { name: string; output: () => string }) {
  const open = new Map<number, Open>();
  let count = 0;
  const ready = new Promise<unknown>((resolve, reject) => open.set(0, { resolve, reject }));
  const settle = (id: number, how: (one: Open) => void): void => {
    const one = open.get(id);
    open.delete(id);
    if (one) how(one);
  };
  child.on('message', (raw) => {
    const message = Message.parse(raw);
    if ('ready' in message) return settle(0, ({ resolve }) => resolve(message.ready));
    if ('error' in message)
      return settle(message.id, ({ reject }) => reject(new Error(`${name}: ${message.error}`)));
    return settle(message.id, ({ resolve }) => resolve(message.answer));
  });
  child.once('exit', (code, signal) => {
    for (const id of open.keys()) {
      settle(id, ({ reject }) => reject(new Error(`${name} ended (${signal ?? code}): ${output()}`)));
    }
  });
  return {
    ready,
    async ask<T>({ question, given, schema }: Question<T>): Promise<T> {
      const id = (count += 1);
      const answer = new Promise<unknown>((resolve, reject) => open.set(id, { resolve, reject }));
      child.send({ id, question, given });
      return schema.parse(await answer);
    },
  };
}
