import type { Server } from 'node:http';

/** Takes no new connections, lets running answers finish, and cuts what still talks when the time is over. */
export function stopServer(server: Server, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), withinMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
