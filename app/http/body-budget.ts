import { VitrineError } from '../../src/shared/errors.js';

const MIB = 1024 * 1024;

interface BodyLimits {
  /** All bodies together. */
  readonly bytes: number;
  /** The part of it for bodies above `small`, so that a few large bodies cannot block the small ones. */
  readonly largeBytes: number;
  readonly small: number;
  /** How many bodies may hold more than `light`, which is about a first packet. Slow clients that sent nearly nothing do not count. */
  readonly heavy: number;
  readonly light: number;
}

const BODY_LIMITS: BodyLimits = {
  bytes: 64 * MIB,
  largeBytes: 48 * MIB,
  small: MIB,
  heavy: 64,
  light: 128 * 1024,
};

interface Share {
  /** Counts what has arrived; throws when there is no room for it. */
  add(bytes: number): void;
  release(): void;
}

export interface BodyBudget {
  open(): Share;
  /** How many bodies are being received. */
  inFlight(): number;
}

/** Limits the memory of all request bodies in flight together, because a body can arrive before its sender is known. */
export function createBodyBudget(limits: BodyLimits = BODY_LIMITS): BodyBudget {
  const used = { bytes: 0, largeBytes: 0, heavy: 0, bodies: 0 };

  function open(): Share {
    let held = 0;
    used.bodies += 1;
    const set = (bytes: number) => {
      used.bytes += bytes - held;
      used.largeBytes += over(bytes, limits.small) - over(held, limits.small);
      used.heavy += Number(bytes > limits.light) - Number(held > limits.light);
      held = bytes;
    };
    return {
      add(bytes) {
        set(held + bytes);
        const full =
          used.bytes > limits.bytes ||
          (held > limits.small && used.largeBytes > limits.largeBytes) ||
          (held > limits.light && used.heavy > limits.heavy);
        if (full)
          throw new VitrineError('unavailable', 'Too much is being received at once. Try again in a moment.');
      },
      release() {
        set(0);
        used.bodies -= 1;
      },
    };
  }

  return { open, inFlight: () => used.bodies };
}

function over(bytes: number, small: number): number {
  return bytes > small ? bytes : 0;
}
