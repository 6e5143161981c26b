import { parentPort, workerData } from 'node:worker_threads';
import { compareImages } from '../../src/screenshots/compare.js';
import { messageOf } from '../../src/shared/errors.js';

/** What `comparer.ts` starts this thread with. */
export interface Asked {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export type Answered = ReturnType<typeof compareImages> | { readonly error: string };

function answer({ before, after }: Asked): Answered {
  try {
    return compareImages(before, after);
  } catch (error) {
    return { error: messageOf(error) };
  }
}

parentPort?.postMessage(answer(workerData as Asked));
