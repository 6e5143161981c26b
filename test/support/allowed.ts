/** A shared machine may be several times slower than a desk, and no slower than this. */
const PATIENCE = process.env['CI'] === 'true' ? 5 : 1;

/**
 * The time that something may take in a test. At a desk the limit is the product's own; in CI it is stretched, because there
 * it would measure the neighbours. Speed itself is judged by `npm run bench`, in ratios.
 */
export function allowed(ms: number): number {
  return ms * PATIENCE;
}
