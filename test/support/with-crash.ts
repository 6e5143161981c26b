import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { Stores } from '../../app/ports.js';
import { connectStore } from '../../app/store/connect.js';
import { startTestGitHub } from './start-test-github.js';
import { createReviewer } from '../../demo/reviewer.js';
import type { Observable } from './expect-converged.js';
import { freePort } from './free-port.js';
import { endProgramsIn } from './programs.js';
import { quiet } from './quiet.js';
import {
  startCrashingApp,
  type AppProcess,
  type CrashOptions,
  type CrashPoint,
} from './start-crashing-app.js';
import { AUTHOR, environmentFor, REPOSITORY } from './start-world.js';
import { migratedDatabase } from './test-database.js';

/** A server that does not come to the point where it should die must not hold up every other case. */
const LONGEST_MS = 5 * 60_000;

export interface CrashScene extends Observable {
  readonly server: AppProcess;
  /** Read by the test itself, not through the server. */
  readonly app: { readonly url: string; readonly ports: Stores };
  /** Starts the server again on the same data at the same address, as a supervisor would, once it was killed. */
  restart(options?: CrashOptions & { readonly point?: CrashPoint }): Promise<AppProcess>;
  /** Kills the server that runs, from outside. */
  kill(): Promise<void>;
  readonly dataDir: string;
  /** Until every delivery is worked on and nothing is due. */
  quiet(): Promise<void>;
}

export interface Crash {
  /** Null = the server is killed from outside. */
  readonly point: CrashPoint | null;
  readonly files: Readonly<Record<string, string>>;
  /** What else the operator sets. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A server that is killed, started again, and left to itself. */
export async function withCrash(
  { point, files, env: given = {} }: Crash,
  play: (scene: CrashScene) => Promise<void>,
) {
  const database = migratedDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-crash-'));
  const github = await startTestGitHub({ users: [AUTHOR], repositories: [{ fullName: REPOSITORY, files }] });
  const port = await freePort();
  const env = { ...environmentFor({ github, dataDir, mongodbUri: database.uri, port }), ...given };
  const server = await startCrashingApp(env, point);
  const store = await connectStore({ uri: database.uri, log: () => undefined });
  github.webhooks.sendTo(`${server.url}/api/github/webhooks`);
  let current = server;
  try {
    await play({
      github,
      server,
      app: { url: server.url, ports: store.stores },
      reviewer: createReviewer({ github, repository: REPOSITORY, login: AUTHOR }),
      repoId: () => [...github.state.repositories.values()][0]?.document.id ?? 0,
      dataDir,
      async restart({ point: next = null, ...options } = {}) {
        const late = pause(LONGEST_MS, 'did not come to the point where it should die', { ref: false });
        expect(await Promise.race([current.ended, late])).toBe('SIGKILL');
        return (current = await startCrashingApp(env, next, options));
      },
      async kill() {
        current.kill('SIGKILL');
        await current.ended;
      },
      quiet: () => quiet(store.stores),
    });
    expect(github.violations).toEqual([]);
  } finally {
    current.kill('SIGKILL');
    await current.ended;
    await endProgramsIn(dataDir);
    await store.close();
    await github.close();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
