import { once } from 'node:events';
import { createServer } from 'node:net';

/** The given port if it is free, else 0, which means any free port. */
export async function freePortOr(wanted: number): Promise<number> {
  const probe = createServer();
  try {
    await once(probe.listen({ host: '127.0.0.1', port: wanted }), 'listening');
    return wanted;
  } catch {
    return 0;
  } finally {
    await new Promise((resolve) => probe.close(resolve));
  }
}
