import { isGitHubFailure } from '../../../src/repositories/github.js';

/** When GitHub answers that there is nothing, or not for us, so it is. When it gives no answer the error goes on and the work comes again. */
export async function unlessDenied<T, F>(asked: Promise<T>, otherwise: F): Promise<T | F> {
  try {
    return await asked;
  } catch (error) {
    const transient = isGitHubFailure(error) && (error.kind === 'ambiguous' || error.kind === 'retry');
    if (transient || !isGitHubFailure(error)) throw error;
    return otherwise;
  }
}
