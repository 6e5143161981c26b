import { connect, type Socket } from 'node:net';

/**
 * Sends bytes as they are and answers everything that comes back until the server closes or has answered.
 * It waits for the first byte as long as the test may run.
 */
export function rawHttp(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    const end = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (/\r\n\r\n/.test(answer)) setTimeout(end, 50);
    });
    socket.on('end', end).on('error', (error) => (answer ? end() : reject(error)));
  });
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

/** A client that opens a request and never ends it. */
export function dripping(port: number, head: string): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(head));
  return socket.on('error', () => undefined);
}
