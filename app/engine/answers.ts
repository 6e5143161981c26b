import { z } from 'zod';
import { isVitrineError } from '../../src/shared/errors.js';
import type { Labels } from '../../src/targets/docker/engine.js';

export const LabelsOf = z
  .record(z.string(), z.string())
  .nullish()
  .transform((labels) => labels ?? {});

export function filterOf(labels: Labels): string {
  return JSON.stringify({ label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) });
}

/** What is so already, as the engine says it in its refusal, is as good as done. */
export async function unlessSaid(work: Promise<{ resume: () => unknown }>, said: RegExp): Promise<null> {
  return work.then(
    (answer) => {
      answer.resume();
      return null;
    },
    (error: unknown) => {
      if (isVitrineError(error) && said.test(error.message)) return null;
      throw error;
    },
  );
}

/** Null when it is not there. */
export async function unlessGone<Answer>(work: Promise<Answer>): Promise<Answer | null> {
  return work.catch((error: unknown) => {
    if (isVitrineError(error) && error.code === 'not_found') return null;
    throw error;
  });
}

type Removal = { readonly resume: () => unknown } | 'used' | null;

/** Something that is used stays. The engine says so with 409, and for networks with 403. */
export async function unlessUsed(work: Promise<{ resume: () => unknown }>): Promise<Removal> {
  return unlessGone(work).catch((error: unknown) => {
    if (isVitrineError(error) && (error.code === 'conflict' || /active endpoints/.test(error.message)))
      return 'used';
    throw error;
  });
}

export async function isDone(work: Promise<Removal>): Promise<boolean> {
  const removal = await work;
  if (removal === 'used') return false;
  removal?.resume();
  return true;
}
