import type { LeasePorts, Tools } from './tools.js';

interface Held {
  readonly name: string;
  readonly ms: number;
}

/**
 * Works while this process holds a lease, which is renewed meanwhile. The signal says that it was lost: then the work must stop. Answers
 * undefined, without working, while another process holds it.
 */
export async function underLease<Result>(
  ports: LeasePorts & Pick<Tools, 'newId'>,
  { name, ms }: Held,
  work: (lost: AbortSignal) => Promise<Result>,
): Promise<Result | undefined> {
  const lease = { name, owner: ports.newId(), ms };
  if (!(await ports.leases.acquire(lease))) return undefined;
  const lost = new AbortController();
  let goodUntil = performance.now() + ms;
  const timer = setInterval(() => {
    const askedAt = performance.now();
    const giveUp = () => lost.abort(new Error(`The lease "${name}" was lost.`));
    // While the database does not answer, the lease holds until its time is over.
    ports.leases.renew(lease).then(
      (renewed) => (renewed ? (goodUntil = askedAt + ms) : giveUp()),
      () => performance.now() > goodUntil && giveUp(),
    );
  }, ms / 3);
  try {
    return await work(lost.signal);
  } finally {
    clearInterval(timer);
    await ports.leases.release(lease).catch(() => undefined);
  }
}
