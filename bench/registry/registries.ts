import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../database/database.js';
import type { MockGitHub } from '../github/mock-github.js';
import { awaitPort } from '../harness/await-port.js';
import { freePort } from '../harness/free-port.js';
import type { Setting } from '../harness/setting.js';
import { makeCredentials } from '../ours/credentials.js';
import { createPublisher } from '../ours/publisher.js';
import { startOurs } from '../ours/start-ours.js';

/** A registry with nothing in it. */
export interface Registry {
  readonly port: number;
  readonly repository: string;
  /** Null where everybody may do everything. */
  readonly token: string | null;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface RegistryStage {
  readonly setting: Setting;
  readonly database: Database;
  readonly github: MockGitHub;
  readonly round: number;
}

export type StartRegistry = (stage: RegistryStage) => Promise<Registry>;

/** The whole App, and the token of a workflow run. */
export const ours: StartRegistry = async ({ setting, database, github, round }) => {
  const base = `registry_${String(round)}`;
  const dataDir = await setting.scratch.memory('ours');
  const credentials = makeCredentials();
  const { child, port } = await startOurs(setting, {
    ...{ credentials, dataDir, mongodbUri: database.address(base), githubUrl: github.url },
  });
  const { repository, token } = await createPublisher({ port, secret: credentials.secret }).begin(1);
  return {
    ...{ port, repository, token, pid: child.pid },
    async stop() {
      await child.kill();
      await database.client.db(base).dropDatabase();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

/** As Debian ships it, with its files in memory as ours, and without a log. */
export const dockerRegistry: StartRegistry = async ({ setting }) => {
  const folder = await setting.scratch.memory('docker-registry');
  const port = await freePort();
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${String(port)}` },
  };
  const file = join(folder, 'config.yml');
  // YAML takes JSON.
  await writeFile(file, JSON.stringify(config));
  const command = setting.find('docker-registry') ?? 'docker-registry';
  const program = setting.children.program(command, { args: ['serve', file], core: 'measured' });
  await awaitPort(port, program);
  return {
    ...{ port, repository: 'pr-1-bench', token: null, pid: program.pid },
    async stop() {
      await program.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
