import { z } from 'zod';
import type { Setting } from '../harness/setting.js';
import { Seen, type Behaviour } from './plan.js';

export interface MockGitHub {
  readonly url: string;
  seen(): Promise<Seen>;
  /** Nothing was seen and nothing was spent. */
  forget(): Promise<void>;
}

export async function startMockGitHub({ children }: Setting, behaviour: Behaviour): Promise<MockGitHub> {
  const child = await children.start('github/main.js', { core: 'beside' });
  const { port } = z.object({ port: z.int() }).parse(child.ready);
  await child.ask({ question: 'behave', given: behaviour, schema: z.null() });
  return {
    url: `http://127.0.0.1:${port}`,
    seen: () => child.ask({ question: 'seen', schema: Seen }),
    forget: async () => void (await child.ask({ question: 'forget', schema: z.null() })),
  };
}
