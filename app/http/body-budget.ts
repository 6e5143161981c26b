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
  /** A body is stalled when it is older than `graceMs` and has brought less than this on average. */
  readonly bytesPerSecond: number;
  readonly graceMs: number;
}

/** GitHub ends a delivery after ten seconds and sends up to 25 MiB in that time: it is never as slow as a stalled body. */
export const BODY_LIMITS: BodyLimits = {
  bytes: 64 * MIB,
  largeBytes: 48 * MIB,
  small: MIB,
  heavy: 64,
  light: 128 * 1024,
  bytesPerSecond: 128 * 1024,
  graceMs: 1_000,
};

interface Sender {
  /** Asked only when there is no room. */
  readonly address: () => string;
  /** Called when this body must make room for another; the body has given back its share. */
  readonly evict: (error: VitrineError) => void;
}

interface Share {
  /** Counts what has arrived; throws when there is no room for it. */
  add(bytes: number): void;
  release(): void;
}

export interface BodyBudget {
  open(sender: Sender): Share;
  /** How many bodies are being received. */
  inFlight(): number;
}

interface Body extends Sender {
  readonly since: number;
  bytes: number;
}

type Helps = (body: Body) => boolean;

/**
 * Limits the memory of all request bodies in flight together, because a body can arrive before its sender is known. When there is no
 * room, a body that is stalled makes room for the new one, or one of an address that has more bodies here than the new one's address.
 */
export function createBodyBudget(
  limits: BodyLimits = BODY_LIMITS,
  now = () => performance.now(),
): BodyBudget {
  const used = { bytes: 0, largeBytes: 0, heavy: 0 };
  // In the order of their arrival.
  const bodies = new Set<Body>();

  function set(body: Body, bytes: number): void {
    used.bytes += bytes - body.bytes;
    used.largeBytes += over(bytes, limits.small) - over(body.bytes, limits.small);
    used.heavy += Number(bytes > limits.light) - Number(body.bytes > limits.light);
    body.bytes = bytes;
  }

  function release(body: Body): void {
    set(body, 0);
    bodies.delete(body);
  }

  /** Which bodies could make room for this one; undefined while there is room. */
  function shortage(body: Body): Helps | undefined {
    if (body.bytes > limits.light && used.heavy > limits.heavy) return ({ bytes }) => bytes > limits.light;
    if (body.bytes > limits.small && used.largeBytes > limits.largeBytes)
      return ({ bytes }) => bytes > limits.small;
    return used.bytes > limits.bytes ? ({ bytes }) => bytes > 0 : undefined;
  }

  function isStalled({ since, bytes }: Body): boolean {
    const age = now() - since;
    return age >= limits.graceMs && bytes < (age / 1_000) * limits.bytesPerSecond;
  }

  function makeRoom(body: Body): void {
    for (let helps = shortage(body); helps !== undefined; helps = shortage(body)) {
      const others = [...bodies].filter((other) => other !== body && helps?.(other));
      const victim = chooseVictim(others, { address: body.address(), isStalled });
      if (!victim) throw full();
      release(victim);
      victim.evict(full());
    }
  }

  return {
    open(sender) {
      const body: Body = { ...sender, since: now(), bytes: 0 };
      bodies.add(body);
      return {
        add(bytes) {
          set(body, body.bytes + bytes);
          makeRoom(body);
        },
        release: () => release(body),
      };
    },
    inFlight: () => bodies.size,
  };
}

/** The oldest body of the address that has the most, among those that may be ended for a body of the given address. */
function chooseVictim(
  bodies: readonly Body[],
  { address, isStalled }: { address: string; isStalled: Helps },
): Body | undefined {
  const counts = new Map<string, number>();
  for (const body of bodies) counts.set(body.address(), (counts.get(body.address()) ?? 0) + 1);
  const countOf = (body: Body) => counts.get(body.address()) ?? 0;
  const fair = (counts.get(address) ?? 0) + 1;
  return bodies
    .filter((body) => isStalled(body) || countOf(body) > fair)
    .reduce<Body | undefined>(
      (chosen, body) => (chosen && countOf(chosen) >= countOf(body) ? chosen : body),
      undefined,
    );
}

function full(): VitrineError {
  return new VitrineError('unavailable', 'Too much is being received at once. Try again in a moment.');
}

function over(bytes: number, small: number): number {
  return bytes > small ? bytes : 0;
}
