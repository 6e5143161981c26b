import type { ServerResponse } from 'node:http';
import { VitrineError } from '../src/shared/errors.js';
import type { Log } from '../src/shared/tools.js';
import { errorAnswer } from './http/error-answer.js';
import { respond } from './http/respond.js';
import type { Surfaces } from './http/server.js';

/** What is said while the database is looked for: the process is up, and cannot take work yet. */
export function starting(log: Log): Surfaces {
  const notYet = (response: ServerResponse) =>
    respond(
      response,
      errorAnswer(new VitrineError('unavailable', 'The server is starting. Try again in a moment.'), ''),
    );
  return {
    siteOf: () => ({ kind: 'app' }),
    webhooks: (_request, response) => notYet(response),
    previews: ({ response }) => notYet(response),
    api: ({ url }, response) =>
      url === '/healthz' ? respond(response, { status: 200, body: { ok: true } }) : notYet(response),
    log,
  };
}
