import { VitrineError } from '../../src/shared/errors.js';

/** Gives up waiting after so long, whatever the other side still tries: one answer that never comes must not stop everything behind it. */
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
