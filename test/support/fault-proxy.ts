import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What goes wrong with a call. After those of the second row, GitHub has done what it was asked for. */
export const FAULT_KINDS = [
  ...([
    '401',
    '404',
    '200 with HTML',
    '200 with null',
    '403 with a time',
    '429 with a time',
    'reset',
  ] as const),
  ...(['truncated JSON', 'broken off', 'reset after it was done'] as const),
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface ProxyFault {
  readonly kind: FaultKind;
  /** As `callOf` names it. */
  readonly call: string;
  /** How many calls it hits; every one unless given. */
  readonly times?: number;
}

export interface PassedCall {
  readonly call: string;
  readonly fault: FaultKind | null;
}

export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  /** Every call so far, in the order in which they came. */
  readonly calls: readonly PassedCall[];
  /** Where calls go; before that they are refused with 503. */
  leadTo(url: string): void;
  fail(fault: ProxyFault): void;
  stopFailing(): void;
}

/** Stands between a server and GitHub, so that a test can spoil any call of the server, and of no other. */
export async function startFaultProxy(): Promise<FaultProxy> {
  const calls: PassedCall[] = [];
  let armed: { fault: ProxyFault; left: number }[] = [];
  let target: string | undefined;
  const take = (call: string): FaultKind | null => {
    const hit = armed.find(({ fault, left }) => left > 0 && fault.call === call);
    if (hit) hit.left -= 1;
    return hit?.fault.kind ?? null;
  };
  const server = createServer((incoming, response) => {
    const call = callOf(incoming.method ?? 'GET', incoming.url ?? '/');
    const fault = take(call);
    calls.push({ call, fault });
    serve({ incoming, response, target, fault }).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    calls,
    leadTo: (url) => void (target = url),
    fail: (fault) => void armed.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    stopFailing: () => void (armed = []),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The kind of a call: `PATCH /repos/{repo}/check-runs/{n}`. */
export function callOf(method: string, url: string): string {
  const path = (url.split('?')[0] ?? '')
    .replace(/^\/repos\/[^/]+\/[^/]+/, '/repos/{repo}')
    .replace(/\/[0-9a-f]{40}(?=\/|$)/g, '/{sha}')
    .replace(/\/\d+(?=\/|$)/g, '/{n}')
    .replace(/\/collaborators\/[^/]+/, '/collaborators/{user}');
  return `${method} ${path}`;
}

interface Passing {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: string | undefined;
  readonly fault: FaultKind | null;
}

async function serve({ incoming, response, target, fault }: Passing): Promise<void> {
  const body = await buffer(incoming);
  if (target === undefined) return void response.writeHead(503).end();
  if (fault === 'reset') return void response.socket?.resetAndDestroy();
  const instead = fault === null ? undefined : INSTEAD[fault];
  if (instead) return void response.writeHead(instead.status, instead.headers).end(instead.text);
  const answer = await pass(incoming, { target, body });
  const text = await buffer(answer);
  if (fault === 'reset after it was done') return void response.socket?.resetAndDestroy();
  const headers = Object.entries(answer.headers).filter(([name]) => name !== 'transfer-encoding');
  // The length is right: what comes is whole HTTP and half JSON.
  const shown = fault === 'truncated JSON' ? text.subarray(0, text.length >> 1) : text;
  response.writeHead(answer.statusCode ?? 502, {
    ...Object.fromEntries(headers),
    'content-length': shown.length,
  });
  if (fault !== 'broken off') return void response.end(shown);
  response.write(shown.subarray(0, shown.length >> 1), () => response.destroy());
}

interface Instead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

const refusal = (
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Instead => ({
  status,
  headers: { ...JSON_TYPE, ...headers },
  text: JSON.stringify({ message }),
});

/** Answers that something else gives in place of GitHub. */
const INSTEAD: Readonly<Partial<Record<FaultKind, Instead>>> = {
  '401': refusal(401, 'Bad credentials'),
  '404': refusal(404, 'Not Found'),
  '200 with HTML': {
    status: 200,
    headers: { 'content-type': 'text/html' },
    text: '<html><title>Unicorn!</title><p>This page is taking too long to load.</html>',
  },
  '200 with null': { status: 200, headers: JSON_TYPE, text: 'null' },
  '403 with a time': refusal(403, 'You have exceeded a secondary rate limit.', { 'retry-after': '1' }),
  '429 with a time': refusal(429, 'Too many requests.', { 'retry-after': '1' }),
};

async function pass(
  { method, url, headers }: IncomingMessage,
  { target, body }: { target: string; body: Buffer },
): Promise<IncomingMessage> {
  const outgoing = ask(`${target}${url ?? '/'}`, {
    method,
    headers: { ...headers, host: new URL(target).host },
    agent: false,
  });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return answer;
}
