import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from './children.js';

const PATIENCE_MS = 10_000;

/** Until something listens there. */
export async function awaitPort(port: number, program: Program): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    const socket = connect({ port, host: '127.0.0.1' });
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await sleep(20);
  }
  throw new Error(`Nothing listens on port ${port}: ${program.output()}`);
}
