import { readFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, type TlsOptions, type TLSSocket } from 'node:tls';

const FILES = join(import.meta.dirname, '../../fixtures/tls');
/** For `https://preview.example`; made with `openssl req -x509`, of use to nobody. */
export const CERTIFICATE = join(FILES, 'certificate.pem');

export interface TlsFront extends AsyncDisposable {
  readonly port: number;
}

/** Stands before a server that speaks plain HTTP, as a load balancer does. */
export async function startTlsFront(behind: number, options: TlsOptions = {}): Promise<TlsFront> {
  const own = { cert: readFileSync(CERTIFICATE), key: readFileSync(join(FILES, 'key.pem')) };
  const sockets = new Set<TLSSocket>();
  const server = createServer({ ...own, ...options }, (socket) => {
    sockets.add(socket.on('error', () => undefined));
    const inside = connect(behind, '127.0.0.1').on('error', () => socket.destroy());
    socket.pipe(inside).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
