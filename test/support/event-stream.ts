import { get, type IncomingMessage } from 'node:http';

export interface ReceivedEvent {
  readonly name: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

export interface ReceivedLine {
  readonly number: number;
  readonly text: string;
  readonly omitted?: number;
}

export interface EventReader {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly events: readonly ReceivedEvent[];
  /** Everything as it came. */
  readonly raw: () => string;
  /** The lines of all events so far. */
  readonly lines: () => readonly ReceivedLine[];
  readonly lastId: () => string | undefined;
  /** Until the condition holds; fails when the stream ends before. */
  until(condition: () => boolean): Promise<void>;
  /** Until the server ends the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

export interface ReadOptions {
  readonly token: string;
  readonly lastEventId?: string | undefined;
  readonly accept?: string;
}

/** Reads server-sent events as the specification parses them. */
export async function readEvents(
  url: string,
  { token, lastEventId, accept }: ReadOptions,
): Promise<EventReader> {
  const response = await open(url, {
    authorization: `Bearer ${token}`,
    accept: accept ?? 'text/event-stream',
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  });
  const events: ReceivedEvent[] = [];
  let raw = '';
  let rest = '';
  let over = false;
  let changed = (): void => undefined;
  response.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
    const parts = (rest + text).split(/\r\n\r\n|\n\n|\r\r/);
    rest = parts.pop() ?? '';
    for (const part of parts) events.push(...parse(part));
    changed();
  });
  const ended = new Promise<void>((resolve) => {
    response.once('close', () => {
      over = true;
      changed();
      resolve();
    });
  });
  response.on('error', () => undefined);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    events,
    raw: () => raw,
    lines: () => events.flatMap(({ name, data }) => (name === 'lines' ? (data as ReceivedLine[]) : [])),
    lastId: () => events.findLast(({ id }) => id !== undefined)?.id,
    async until(condition) {
      while (!condition()) {
        if (over) throw new Error(`The stream ended after ${events.length} events: ${raw.slice(-500)}`);
        await new Promise<void>((resolve) => (changed = resolve));
      }
    },
    ended,
    close: () => void response.destroy(),
  };
}

function open(url: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, resolve).on('error', reject);
  });
}

function parse(part: string): ReceivedEvent[] {
  const fields = part.split(/\r\n|\n|\r/).map((line) => /^([^:]*): ?(.*)$/.exec(line) ?? [line, line, '']);
  const data = fields.flatMap(([, name, value]) => (name === 'data' ? [value ?? ''] : []));
  if (data.length === 0) return [];
  const last = (wanted: string) => fields.findLast(([, name]) => name === wanted)?.[2];
  return [{ name: last('event') ?? 'message', id: last('id'), data: JSON.parse(data.join('\n')) as unknown }];
}
