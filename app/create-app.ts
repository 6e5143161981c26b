import type { ServerResponse } from 'node:http';
import { VitrineError } from '../src/shared/errors.js';
import { createRedactor } from '../src/shared/redact/redact.js';
import type { Log } from '../src/shared/tools.js';
import { openStore } from './compose/open-store.js';
import type { Overrides } from './compose/overrides.js';
import { runApp } from './compose/run-app.js';
import type { Config } from './config/config.js';
import { createLog, type LogOptions } from './config/log.js';
import type { Secrets } from './config/secrets.js';
import { errorAnswer, respond } from './http/respond.js';
import { createHttpServer, listen, stopServer, type Surfaces } from './http/server.js';
import type { Ports } from './ports.js';

export interface App {
  readonly url: string;
  readonly port: number;
  readonly ports: Ports;
  /** Resolves, with the reason, when the database that was started for this server is gone for good: nothing works any more. */
  readonly lost: Promise<Error>;
  /** Until every stored delivery is worked on and nothing is due. */
  drain(): Promise<void>;
  /** Answers what was asked, finishes what was begun, and lets go of everything, within ten seconds. */
  close(): Promise<void>;
}

/** For answers on their way, then once more for work that was begun: together less than the ten seconds a supervisor waits. */
const STOP_MS = 4_000;

/** The whole server. The port is taken first: a second process finds out before it touches any data. */
export async function createApp(config: Config, secrets: Secrets, overrides: Overrides = {}): Promise<App> {
  const clock = overrides.clock ?? { now: () => new Date() };
  const log = logOf(secrets, { level: config.logLevel, clock, write: overrides.write ?? printLine });
  let surfaces = starting(log);
  const server = createHttpServer(() => surfaces);
  const port = await listen(server, config);
  try {
    const store = await openStore({ config, mongodbUri: secrets.mongodbUri, env: overrides.env ?? {}, log });
    const url = config.publicUrl ?? `http://localhost:${port}`;
    const running = await runApp({ config, secrets, overrides, clock, log, store, publicUrl: url });
    surfaces = running.surfaces;
    const close = async () => {
      await stopServer(server, STOP_MS);
      await running.stop(STOP_MS);
    };
    const { ports, drain } = running;
    return { url, port, ports, lost: store.lost, drain, close: once(close) };
  } catch (error) {
    await stopServer(server, 0);
    throw error;
  }
}

function logOf(secrets: Secrets, options: LogOptions): Log {
  const known = [secrets.privateKey, ...secrets.webhookSecrets, secrets.mongodbUri ?? ''];
  const { redact } = createRedactor(known.filter((secret) => secret !== ''));
  return createLog({ ...options, redact });
}

function printLine(line: string): void {
  process.stderr.write(`${line}\n`);
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => (closing ??= close());
}

/** What is said while the database is looked for: the process is up, and cannot take work yet. */
function starting(log: Log): Surfaces {
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
