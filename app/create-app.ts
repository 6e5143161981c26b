import { createIntake } from './compose/intake.js';
import { openStore } from './compose/open-store.js';
import type { Overrides } from './compose/overrides.js';
import { previewBaseOf } from './compose/ports.js';
import { runApp } from './compose/run-app.js';
import { createStartingSurfaces } from './compose/starting.js';
import type { Config } from './config/config.js';
import { openEncryptionKeys } from './config/encryption-keys.js';
import { logOf } from './config/log.js';
import type { Secrets } from './config/secrets.js';
import { createHosts, type SiteOf } from './http/hosts.js';
import { createHttpServer, listen, stopServer } from './http/server.js';
import type { Ports } from './ports.js';
import { createPreviewPages } from './previews/wait-pages.js';

export interface App {
  readonly url: string;
  readonly port: number;
  readonly ports: Ports;
  /** How many streams are open. */
  readonly streams: () => number;
  /** Resolves, with the reason, when the database that was started for this server is gone for good: nothing works any more. */
  readonly lost: Promise<Error>;
  /** Writes down who visits programs now, as is done once a minute. */
  flushVisits(): Promise<void>;
  /** Until every stored delivery is worked on and nothing is due. */
  drain(): Promise<void>;
  /** Answers what was asked, finishes what was begun, and lets go of everything, within ten seconds. */
  close(): Promise<void>;
}

/** For answers on their way, and at the same time for work that was begun: well within the ten seconds a supervisor waits. */
const STOP_MS = 4_000;

/** The whole server. The port is taken first: a second process finds out before it touches any data. */
export async function createApp(config: Config, given: Secrets, overrides: Overrides = {}): Promise<App> {
  const clock = overrides.clock ?? { now: () => new Date() };
  const log = logOf(given, { level: config.logLevel, clock, write: overrides.write ?? printLine });
  const pages = createPreviewPages();
  let siteOf: SiteOf = () => ({ kind: 'unknown' });
  const starting = createStartingSurfaces({ siteOf: (host, near) => siteOf(host, near), pages, log });
  let { surfaces } = starting;
  const server = createHttpServer(() => surfaces);
  const port = await listen(server, config);
  const publicUrl = config.publicUrl ?? `http://localhost:${port}`;
  const previewBase = previewBaseOf({ publicUrl, domain: config.previewDomain });
  siteOf = createHosts({ publicUrl, previewBase });
  try {
    const secrets = { ...given, encryptionKeys: await openEncryptionKeys({ config, secrets: given, log }) };
    const store = await openStore({
      ...{ config, mongodbUri: secrets.mongodbUri, env: overrides.env ?? {}, log },
      around: overrides.around?.stores,
      onInbox: (inbox) => starting.takeWebhooks(createIntake({ inbox, secrets, clock, log })),
    });
    const intake = await starting.intake;
    const parts = { config, secrets, overrides, clock, log, store, intake, publicUrl, previewBase, pages };
    const running = await runApp(parts).catch(async (error: unknown) => {
      await store.close();
      throw error;
    });
    surfaces = running.surfaces;
    const close = async () => {
      running.endStreams();
      await Promise.all([stopServer(server, STOP_MS), running.stopWork(STOP_MS)]);
      await running.close();
    };
    const { ports, drain, streams, flushVisits } = running;
    const about = { url: publicUrl, port, lost: store.lost };
    return { ...about, ports, drain, streams, flushVisits, close: once(close) };
  } catch (error) {
    await stopServer(server, 0);
    throw error;
  }
}

function printLine(line: string): void {
  process.stderr.write(`${line}\n`);
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => (closing ??= close());
}
