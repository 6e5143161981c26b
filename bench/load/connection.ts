import { once } from 'node:events';
import { connect } from 'node:net';

/** One kept HTTP connection: a request goes out, the status of its answer comes back. */
export interface Connection {
  send(request: Buffer): Promise<number>;
  close(): void;
}

/** Less than an HTTP client, and therefore fast enough not to be what is measured. */
export async function openConnection(port: number): Promise<Connection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let pending: Buffer = Buffer.alloc(0);
  let waiting: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const status = readAnswer(pending);
    if (status === null) return;
    pending = Buffer.alloc(0);
    const done = waiting;
    waiting = undefined;
    done?.resolve(status);
  });
  const fail = (error?: Error) => waiting?.reject(error ?? new Error('The server closed the connection.'));
  socket.on('error', fail).on('close', () => fail());
  await once(socket, 'connect');
  return {
    send(request) {
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      });
    },
    close: () => void socket.destroy(),
  };
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** The status, once the whole answer is there. */
export function readAnswer(bytes: Buffer): number | null {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end).toLowerCase();
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
  if (length !== undefined) return bytes.length >= end + 4 + Number(length) ? status : null;
  if (head.includes('\r\ntransfer-encoding: chunked'))
    return bytes.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK) ? status : null;
  return status;
}
