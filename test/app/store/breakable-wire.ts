import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface BreakableWire {
  /** The same database, through the wire. */
  readonly uri: string;
  /** Ends every open connection; new ones are taken. */
  breakConnections(): void;
  /** Keeps every connection open, and lets nothing through any more. */
  hang(): void;
  /** Ends every connection and takes no new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** A TCP line to the database that can be cut and mended. */
export async function breakableWire(uri: string): Promise<BreakableWire> {
  const [address = '', host = '', port = ''] = /\/\/([^/:]+):(\d+)/.exec(uri) ?? [];
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => open.delete(socket));
    }
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  const listen = async (at: number): Promise<number> => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const local = await listen(0);
  const breakConnections = () => open.forEach((socket) => socket.destroy());
  return {
    uri: uri.replace(address, `//127.0.0.1:${local}`),
    breakConnections,
    hang: () => open.forEach((socket) => socket.unpipe().pause()),
    async cut() {
      breakConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    mend: async () => void (await listen(local)),
  };
}
