import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ComparePictures } from '../../src/screenshots/screenshot.js';
import type { Answered, Asked } from './compare-thread.js';

/** Both pictures, their difference and what decoding needs. */
const LIMITS = { maxOldGenerationSizeMb: 128 };
const PATIENCE_MS = 20_000;

/** Compares pictures in a thread: it takes a good part of a second, in which this process would answer nobody. */
export function createComparer(program: string): ComparePictures {
  return async ({ before, after }) => {
    const workerData: Asked = { before, after };
    const worker = new Worker(program, { workerData, resourceLimits: LIMITS });
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const [answered] = (await once(worker, 'message', { signal })) as [Answered];
      if ('error' in answered) throw new Error(answered.error);
      return answered;
    } finally {
      await worker.terminate();
    }
  };
}
