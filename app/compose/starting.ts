import type { IncomingMessage, ServerResponse } from 'node:http';
import { VitrineError } from '../../src/shared/errors.js';
import type { Log } from '../../src/shared/tools.js';
import type { SiteOf } from '../http/hosts.js';
import { errorAnswer, respond } from '../http/respond.js';
import { INSTANCE, type Surfaces } from '../http/server.js';
import { refuseUpgrade } from '../previews/proxy.js';
import { type PreviewPages, sendPage } from '../previews/wait-pages.js';
import type { Intake } from './intake.js';

interface StartingParts {
  readonly siteOf: SiteOf;
  readonly pages: PreviewPages;
  readonly log: Log;
  /** How long a webhook waits for the database. Together with the time to store it, it is less than the ten seconds that GitHub waits. */
  readonly waitMs?: number;
}

const WAIT_MS = 5_000;

/** More webhooks than these are refused while the database is looked for: each holds a connection. */
const MAX_WAITING = 1_000;

/**
 * What the server answers before it has started. GitHub does not redeliver a webhook by itself, so webhooks wait for the database, and
 * are answered as soon as it takes them. The others are told to come back.
 */
export function createStartingSurfaces({ siteOf, pages, log, waitMs = WAIT_MS }: StartingParts) {
  let takeWebhooks: (intake: Intake) => void = () => undefined;
  const intake = new Promise<Intake>((resolve) => (takeWebhooks = resolve));
  let waiting = 0;

  async function webhooks(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    if (waiting >= MAX_WAITING) return refuse(response);
    waiting += 1;
    const opened = await firstOf(intake, waitMs).finally(() => (waiting -= 1));
    // The client may have left in the meantime: its request never ends.
    if (request.destroyed) return undefined;
    return opened ? opened.endpoint(request, response) : refuse(response);
  }

  const surfaces: Surfaces = {
    siteOf,
    webhooks,
    previews: (visit) => sendPage(visit, pages.render({ page: 'unavailable', label: visit.label })),
    api: ({ url }, response) =>
      url === '/healthz'
        ? respond(response, { status: 200, body: { ok: true, instance: INSTANCE } })
        : refuse(response),
    registry: (_request, response) => refuse(response),
    sockets: ({ socket }) => refuseUpgrade(socket, { status: 503 }),
    log,
  };
  return { surfaces, intake, takeWebhooks };
}

function refuse(response: ServerResponse): void {
  const starting = new VitrineError('unavailable', 'The server is starting. Try again in a moment.');
  respond(response, errorAnswer(starting, ''));
}

/** The value, or undefined when it does not come in time. */
async function firstOf<T>(value: Promise<T>, withinMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, withinMs, undefined);
  });
  return Promise.race([value, late]).finally(() => clearTimeout(timer));
}
