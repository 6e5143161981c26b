/** A failure that may pass by itself. `waitMs` is what the other side asked for. */
export class Retriable extends Error {
  override name = 'Retriable';
  readonly waitMs: number | null;

  constructor(message: string, { waitMs, cause }: { waitMs: number | null; cause?: unknown }) {
    super(message, { cause });
    this.waitMs = waitMs;
  }
}
