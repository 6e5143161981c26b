import type { Tools } from '../shared/tools.js';

type Ports = Pick<Tools, 'log'>;

interface Lot<Item> {
  readonly items: Iterable<Item> | AsyncIterable<Item>;
  /** Answers how much there was to do. */
  readonly work: (item: Item) => Promise<number>;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Works on one after the other. One that fails is logged and does not keep the others waiting: the next round tries it again. */
export async function forEachIsolated<Item>(
  { log }: Pick<Ports, 'log'>,
  { items, work, fields }: Lot<Item>,
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
