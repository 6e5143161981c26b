import { z } from 'zod';
import { startMockGitHub, type MockGitHub } from '../github/mock-github.js';
import type { Behaviour } from '../github/plan.js';
import { startDatabase, type Database } from '../database/database.js';
import type { Setting } from '../harness/setting.js';
import { startLoad } from '../load/start-load.js';
import { asVariables, makeCredentials, type Credentials } from '../ours/credentials.js';
import { startOurs } from '../ours/start-ours.js';

export const OURS = 'ours';

/** What all receivers of webhooks share in one run. */
export interface Surroundings {
  readonly setting: Setting;
  readonly database: Database;
  readonly github: MockGitHub;
  readonly credentials: Credentials;
  readonly load: Awaited<ReturnType<typeof startLoad>>;
}

export interface Receiver {
  readonly port: number;
  /** Its own database. */
  readonly base: string;
  kill(): Promise<void>;
}

export async function surround(setting: Setting, behaviour: Behaviour): Promise<Surroundings> {
  const database = await startDatabase(setting);
  const github = await startMockGitHub(setting, behaviour);
  return { setting, database, github, credentials: makeCredentials(), load: await startLoad(setting) };
}

/** A fresh process with an empty database. */
export async function startReceiver(
  around: Surroundings,
  { name, base }: { name: string; base: string },
): Promise<Receiver> {
  const { setting, database, github, credentials } = around;
  const mongodbUri = database.address(base);
  if (name === OURS) {
    const dataDir = await setting.scratch.disk(base);
    const { child, port } = await startOurs(setting, {
      credentials,
      mongodbUri,
      githubUrl: github.url,
      dataDir,
    });
    return { port, base, kill: child.kill };
  }
  const child = await setting.children.start('webhooks/main.js', {
    args: [name],
    core: 'measured',
    env: { ...asVariables(credentials), MONGODB_URI: mongodbUri, GITHUB_API_URL: github.url },
  });
  return { port: z.object({ port: z.int() }).parse(child.ready).port, base, kill: child.kill };
}
