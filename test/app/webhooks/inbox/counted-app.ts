import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIntake } from '../../../../app/compose/intake.js';
import { previewBaseOf } from '../../../../app/compose/ports.js';
import { runApp } from '../../../../app/compose/run-app.js';
import { envToConfig } from '../../../../app/config/config.js';
import { envToSecrets } from '../../../../app/config/secrets.js';
import { createPreviewPages } from '../../../../app/previews/wait-pages.js';
import { createStores } from '../../../../app/store/connect.js';
import { migrate } from '../../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../../app/store/open-connection.js';
import { createKey } from '../../../../src/secrets/keys.js';
import type { EmulatedGitHub } from '../../../../demo/github/emulated-github.js';
import { environmentFor } from '../../../support/start-world.js';
import { migratedDatabase } from '../../../support/test-database.js';

export type Command = Readonly<Record<string, unknown>>;

export interface CountedApp extends AsyncDisposable {
  /** What the database was sent since it was last forgotten. */
  readonly sent: Command[];
  /** Until every delivery is worked on and nothing is due. */
  drain(): Promise<void>;
}

/** The App without its other doors: GitHub's webhooks come in, and every command to the database is heard. */
export async function startCountedApp(github: EmulatedGitHub): Promise<CountedApp> {
  const database = migratedDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-counted-'));
  const env = environmentFor({ github, dataDir, mongodbUri: database.uri });
  const log = () => undefined;
  const sent: Command[] = [];
  const connection = await openConnection({
    uri: database.uri,
    log,
    // The loops write down now and then that they ran.
    onCommand: (command) => void (command['update'] === 'jobRuns' || sent.push(command)),
  });
  await migrate({ connection, log });
  const secrets = { ...envToSecrets(env), encryptionKeys: createKey('tests') };
  const clock = { now: () => new Date() };
  const stores = createStores(connection);
  const publicUrl = 'http://localhost:3000';
  const app = await runApp({
    config: envToConfig(env),
    secrets,
    // What runs at moments of its own would be counted on a slow machine.
    overrides: { periodicJobs: false },
    clock,
    log,
    store: {
      stores,
      uri: database.uri,
      ping: () => Promise.resolve(),
      close: () => connection.destroy(),
      migrations: async () => [],
    },
    publicUrl,
    previewBase: previewBaseOf({ publicUrl, domain: 'localhost' }),
    intake: createIntake({ inbox: stores.inbox, secrets, clock, log }),
    pages: createPreviewPages(),
  });
  const server = createServer((request, response) => void app.surfaces.webhooks(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  github.webhooks.sendTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    sent,
    async drain() {
      await github.webhooks.settled();
      await app.drain();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      await app.stopWork(4_000);
      await app.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
