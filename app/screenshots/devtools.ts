import type { Readable, Writable } from 'node:stream';

export interface DevToolsEvent {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The DevTools protocol over a pair of pipes: https://chromedevtools.github.io/devtools-protocol/ */
export interface DevTools {
  /** Rejects when Chromium refuses the command, and when it ends before it answers. */
  send(method: string, params?: object, sessionId?: string): Promise<Readonly<Record<string, unknown>>>;
  onEvent(listener: (event: DevToolsEvent) => void): void;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

interface Waiting {
  readonly resolve: (result: Readonly<Record<string, unknown>>) => void;
  readonly reject: (error: Error) => void;
}

/** Larger than any picture that is asked for. A page decides how long some messages are. */
const LONGEST_MESSAGE = 32 * 1024 * 1024;

/**
 * Speaks over pipes, because a port for the protocol would be open to every program of this machine, previews among them. Messages end with
 * a zero byte.
 */
export function createDevTools({ to, from }: { readonly to: Writable; readonly from: Readable }): DevTools {
  const waiting = new Map<number, Waiting>();
  const listeners: ((event: DevToolsEvent) => void)[] = [];
  let lastId = 0;
  let over: Error | null = null;
  const end = (error: Error): void => {
    over ??= error;
    for (const { reject } of waiting.values()) reject(over);
    waiting.clear();
  };
  const hear = ({ id, method, params = {}, result = {}, error }: Message): void => {
    if (id === undefined) {
      if (method !== undefined) for (const listener of listeners) listener({ method, params });
      return;
    }
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error) asked?.reject(new Error(error.message));
    else asked?.resolve(result);
  };
  readMessages(from, { hear, end });
  to.on('error', end);
  return {
    send: (method, params = {}, sessionId) =>
      new Promise((resolve, reject) => {
        if (over) return reject(over);
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        to.write(`${JSON.stringify({ id: lastId, method, params, ...(sessionId && { sessionId }) })}\0`);
      }),
    onEvent: (listener) => void listeners.push(listener),
  };
}

function readMessages(
  from: Readable,
  { hear, end }: { readonly hear: (message: Message) => void; readonly end: (error: Error) => void },
): void {
  let parts: Buffer[] = [];
  let length = 0;
  from.on('data', (chunk: Buffer) => {
    let rest = chunk;
    for (let at = rest.indexOf(0); at >= 0; at = rest.indexOf(0)) {
      const text = Buffer.concat([...parts, rest.subarray(0, at)]).toString('utf8');
      parts = [];
      length = 0;
      rest = rest.subarray(at + 1);
      hear(JSON.parse(text) as Message);
    }
    parts.push(rest);
    length += rest.length;
    if (length > LONGEST_MESSAGE) from.destroy(new Error('Chromium sent a message that is too long.'));
  });
  from.on('error', end);
  from.on('close', () => end(new Error('Chromium ended.')));
}
