import { once } from 'node:events';
import { request } from 'node:http';
import { WebSocket } from 'ws';
import { eventually, expectThat } from '../expect.js';
import { visit } from '../visit.js';

/** Browsers send every name under `localhost` to this machine; Node does not. */
function placeOf(url: string): {
  readonly host: string;
  readonly port: string;
  readonly headers: { readonly host: string };
} {
  const { host, port } = new URL(url);
  return { host: '127.0.0.1', port, headers: { host } };
}

/** Signs the book as the form of the page does. */
export async function sign(url: string, entry: Readonly<Record<string, string>>): Promise<void> {
  const sent = request({ ...placeOf(url), method: 'POST', path: '/entries', agent: false });
  sent.setHeader('content-type', 'application/x-www-form-urlencoded');
  sent.end(new URLSearchParams(entry).toString());
  const [answer] = (await once(sent, 'response')) as [{ statusCode?: number; resume(): void }];
  answer.resume();
  expectThat(
    answer.statusCode === 303,
    `Signing the book should lead back, not to ${String(answer.statusCode)}.`,
  );
}

export interface Reader {
  /** Waits until the page of a reader shows this text. */
  sees(text: string): Promise<void>;
  leave(): void;
}

/** Somebody who has the page open: new entries come by WebSocket. */
export async function openBook(url: string): Promise<Reader> {
  const { port, headers } = placeOf(url);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers: { ...headers } });
  const shown: string[] = [];
  socket.on('message', (data: Buffer) => void shown.push(data.toString()));
  socket.on('error', () => undefined);
  await once(socket, 'open');
  return {
    sees: async (text) => {
      await eventually(async () => shown, {
        until: (entries) => entries.some((entry) => entry.includes(text)),
        otherwise: `The open page should show "${text}" by itself.`,
      });
    },
    leave: () => socket.terminate(),
  };
}

/** Visits without a pause while something goes on. Every visitor must get the page. */
export async function visitDuring<T>(url: string, work: Promise<T>): Promise<{ result: T; visits: number }> {
  let over = false;
  let visits = 0;
  const settled = work.finally(() => (over = true));
  settled.catch(() => undefined);
  while (!over) {
    const page = await visit(url);
    expectThat(
      page.status === 200,
      `Visitor ${String(visits + 1)} got ${String(page.status)} instead of the guestbook.`,
    );
    visits += 1;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return { result: await settled, visits };
}

const PAUSE_MS = 20;
