import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { answerParent } from '../harness/answer-parent.js';
import { answerFor, visibleIn } from './answer.js';
import { createLimiter } from './limits.js';
import { Behaviour, machineTime, type Seen } from './plan.js';

const state = {
  behaviour: { delayMs: 0, limits: 'off' } as Behaviour,
  limiter: createLimiter(machineTime),
  seen: { calls: 0, refused: 0, visible: [] as Seen['visible'] },
  ids: 1000,
};

interface Call {
  readonly method: string;
  readonly path: string;
  readonly who: string;
  readonly body: string;
}

/** A GitHub that takes a constant time for every call, and enforces its limits when asked to. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => handle(callOf(request, Buffer.concat(chunks).toString()), response));
});

function callOf({ method = 'GET', url = '/', headers }: IncomingMessage, body: string): Call {
  return { method, path: url.replace(/\?.*$/, ''), who: String(headers.authorization), body };
}

function handle(call: Call, response: ServerResponse): void {
  const { behaviour, limiter, seen } = state;
  seen.calls += 1;
  const limited = behaviour.limits === 'on' && !call.path.endsWith('/access_tokens');
  if (limited && !limiter.admit(call)) {
    seen.refused += 1;
    response.setHeader('retry-after', '60');
    return reply(response, { status: 403, body: { message: 'You have exceeded a secondary rate limit.' } });
  }
  const answer = () => {
    if (limited) limiter.release();
    reply(response, answerFor({ ...call, id: (state.ids += 1) }));
    const kind = visibleIn(call.method, call.path);
    if (kind) seen.visible.push({ kind, subject: subjectOf(call), at: machineTime() });
  };
  if (behaviour.delayMs === 0) answer();
  else setTimeout(answer, behaviour.delayMs);
}

function reply(response: ServerResponse, { status, body }: { status: number; body: unknown }): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

const CheckBody = z.object({ head_sha: z.string() });

/** The commit of a check run, the number of a pull request. */
function subjectOf({ path, body }: Call): string {
  const number = /\/issues\/(\d+)\/comments$/.exec(path)?.[1];
  if (number !== undefined) return number;
  try {
    return CheckBody.parse(JSON.parse(body)).head_sha;
  } catch {
    return '';
  }
}

await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
answerParent({
  ready: { port: (server.address() as AddressInfo).port },
  answers: {
    behave: (given) => void (state.behaviour = Behaviour.parse(given)),
    seen: () => state.seen,
    forget: () => {
      state.seen = { calls: 0, refused: 0, visible: [] };
      state.limiter = createLimiter(machineTime);
    },
  },
});
