import { z } from 'zod';
import type { Setting } from '../harness/setting.js';

const Count = z.object({ up: z.number(), down: z.number(), turns: z.number() });
export type Count = z.infer<typeof Count>;

export interface Proxy {
  readonly port: number;
  /** Where connections go from now on. */
  target(port: number): Promise<void>;
  /** Bytes and changes of direction since the last call. */
  count(): Promise<Count>;
}

export async function startProxy({ children }: Setting): Promise<Proxy> {
  const child = await children.start('counting-proxy/main.js', { core: 'beside' });
  const { port } = z.object({ port: z.int() }).parse(child.ready);
  return {
    port,
    target: async (to) => void (await child.ask({ question: 'target', given: to, schema: z.null() })),
    count: () => child.ask({ question: 'count', schema: Count }),
  };
}
