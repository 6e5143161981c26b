import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createPages } from '../pages/pages.js';
import type { World } from '../world.js';
import { answer } from './answer.js';
import { faultReply, type Fault, type Faults } from './faults.js';
import { identify } from './identify.js';
import { readIncoming, type Incoming } from './incoming.js';
import { createPace, type Pace } from './pace.js';
import type { RecordedRequest } from './recorder.js';
import { refused, type ApiReply } from './reply.js';
import { sendReply } from './send.js';

interface Exchange {
  readonly incoming: Incoming;
  readonly entry: RecordedRequest;
  readonly response: ServerResponse;
}

/** Everything that reaches the emulated GitHub from outside passes here: recorded, perhaps failed on purpose, paced, answered. */
export function createGateway(world: World, faults: Faults): RequestListener {
  const { limits, clock } = world.options;
  const pace: Pace = limits ? createPace(limits, clock) : () => undefined;
  const pages = createPages(world);
  let inFlight = 0;
  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    inFlight += 1;
    response.once('close', () => (inFlight -= 1));
    const incoming = await readIncoming(message, world.url);
    // People who look are no clients of the API: not recorded, not paced, not failed on purpose.
    const page = await pages(incoming);
    if (page) return sendReply(response, page, incoming.ifNoneMatch);
    const exchange = { incoming, response, entry: record(world, incoming) };
    const { method, url } = incoming;
    const refusal = pace({ method, path: url.pathname, inFlight });
    if (refusal) return finish(exchange, refusal);
    const fault = faults.take(method, url.pathname);
    if (fault) return await fail(world, fault, exchange);
    finish(exchange, await answer(world, incoming));
  };
  return (message, response) => {
    serve(message, response).catch((error: unknown) => {
      sendReply(
        response,
        refused(500, error instanceof Error ? (error.stack ?? error.message) : String(error)),
      );
    });
  };
}

function record(world: World, { method, url, body, token }: Incoming): RecordedRequest {
  const by = identify(world, token)?.kind ?? 'nobody';
  return world.recorder.start({ method, path: url.pathname, query: url.search, body, by });
}

function finish({ incoming, entry, response }: Exchange, reply: ApiReply): void {
  entry.status = reply.status;
  sendReply(response, reply, incoming.ifNoneMatch);
}

async function fail(world: World, fault: Fault, exchange: Exchange): Promise<void> {
  const { response, incoming } = exchange;
  const instead = faultReply(fault, world.options.clock());
  if (instead) return finish(exchange, instead);
  if (fault.kind === 'latency') await world.options.delay(fault.ms ?? 1000);
  const isBroken = fault.kind === 'reset' || fault.kind === 'hang';
  const reply = isBroken ? undefined : await answer(world, incoming);
  if (fault.kind === 'apply-then-502') return finish(exchange, refused(502, 'Server Error'));
  if (fault.kind.endsWith('reset')) return void response.socket?.resetAndDestroy();
  // A hanging request is let go when the client gives up or the emulator closes.
  if (reply && fault.kind === 'latency') finish(exchange, reply);
}
