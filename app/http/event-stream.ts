import type { ServerResponse } from 'node:http';
import { SECURITY_HEADERS } from './respond.js';

/** A client that reads server-sent events. */
export interface EventStream {
  /** Writes a part that was built once for many clients. False: the client has not read enough, and gets nothing more. */
  write(part: Buffer): boolean;
  /** The bytes that wait in this process because the client does not read them. */
  held(): number;
  /** Until most of them are read, or the client is gone. */
  drained(): Promise<void>;
  /** Writes a last part, if one is given, and ends. */
  end(part?: Buffer): void;
  readonly isOpen: () => boolean;
  readonly onClose: (listener: () => void) => void;
}

/** So much may wait for one client. A connection on which nothing moves is closed by `watchConnections`. */
const MOST_HELD = 256 * 1024;

/** Below this, a client that reads what is stored gets more of it. */
const LITTLE = 64 * 1024;

/**
 * Begins the answer. It is not chunked: that would add two writes to each part of each client, and the end of the connection is the end of
 * the stream.
 */
export function openEventStream(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): EventStream {
  response.removeHeader('transfer-encoding');
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    // For nginx: it would keep events back.
    'x-accel-buffering': 'no',
    connection: 'close',
    ...headers,
  });
  response.flushHeaders();
  let open = !response.closed;
  response.once('close', () => (open = false));
  const end = (part?: Buffer): void => {
    if (!open) return;
    open = false;
    response.end(part);
  };
  return {
    write(part) {
      if (!open || response.writableLength + part.length > MOST_HELD) return false;
      response.write(part);
      return true;
    },
    held: () => response.writableLength,
    drained: () => (open && response.writableLength > LITTLE ? drained(response) : Promise.resolve()),
    end,
    isOpen: () => open,
    onClose: (listener) => void (response.closed ? listener() : response.once('close', listener)),
  };
}

/** For a client that has everything: any other answer would make an `EventSource` connect again. */
export function stopReconnecting(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  response.writeHead(204, { ...SECURITY_HEADERS, ...headers }).end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

/** One event. Its data is JSON, in which no line can end: a log cannot forge another event. */
export function eventOf({ name, id, data }: { name: string; id?: number; data: unknown }): Buffer {
  const identity = id === undefined ? '' : `id: ${id}\n`;
  return Buffer.from(`event: ${name}\n${identity}data: ${JSON.stringify(data)}\n\n`);
}

/** Keeps proxies from closing a stream on which nothing happens. */
export const HEARTBEAT = Buffer.from(':\n\n');

/** How long a client waits before it connects again. */
export const RETRY = Buffer.from('retry: 1000\n\n');
