import { VitrineError } from '../../src/shared/errors.js';

/** Stops waiting after this time, so that one call of the database that never returns does not block the callers behind it. */
export async function withTimeout<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new VitrineError('unavailable', 'The database took too long. Try again.')),
      ms,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
