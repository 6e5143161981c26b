import type { Tools } from '../shared/tools.js';

type Ports = Pick<Tools, 'log'>;

interface Batch<Item> {
  readonly items: Iterable<Item> | AsyncIterable<Item>;
  /** Resolves to the number of things that it changed. */
  readonly work: (item: Item) => Promise<number>;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Works on one item after the other. A failed item is logged and does not stop the others; the next round tries it again. */
export async function forEachIsolated<Item>(
  { log }: Pick<Ports, 'log'>,
  { items, work, fields }: Batch<Item>,
): Promise<number> {
  let done = 0;
  for await (const item of items) {
    try {
      done += await work(item);
    } catch (error) {
      log('warn', 'Something could not be put right, it is tried again', { ...fields, error });
    }
  }
  return done;
}
