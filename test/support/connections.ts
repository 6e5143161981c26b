import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Connections {
  /** How many are open. */
  open(): number;
  /** How many have got something since this was asked last. */
  heard(): number;
  /** Closes all but so many. */
  closeTo(count: number): void;
}

interface Opened {
  readonly port: number;
  /** As a visitor names the preview. */
  readonly host: string;
  readonly count: number;
}

const WEB_SOCKET =
  'upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-key: abc\r\nsec-websocket-version: 13\r\n';
const EVENTS = 'accept: text/event-stream\r\n';

/** Visitors who stay: one half of them has a WebSocket at `/socket`, the other half a stream of events at `/events`. */
export async function openConnections({ port, host, count }: Opened): Promise<Connections> {
  const open = new Set<Socket>();
  const heard = new Set<Socket>();
  const openOne = async (index: number) => {
    const [path, headers, answer] =
      index % 2 === 0 ? ['/socket', WEB_SOCKET, '101'] : ['/events', EVENTS, '200'];
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${headers}\r\n`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    const line = head.toString().split('\r\n', 1)[0] ?? '';
    if (!line.startsWith(`HTTP/1.1 ${answer}`)) throw new Error(`${path} of ${host} answers "${line}".`);
    open.add(socket);
    socket.on('data', () => heard.add(socket));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
  };
  for (let index = 0; index < count; index += AT_ONCE) {
    const few = Array.from({ length: Math.min(AT_ONCE, count - index) }, (_, more) => openOne(index + more));
    await Promise.all(few);
  }
  return {
    open: () => open.size,
    heard() {
      const { size } = heard;
      heard.clear();
      return size;
    },
    closeTo(left) {
      for (const socket of [...open].slice(left)) {
        open.delete(socket);
        socket.destroy();
      }
    },
  };
}

const AT_ONCE = 50;
