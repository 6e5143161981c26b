import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stores } from '../../app/ports.js';
import { connectStore } from '../../app/store/connect.js';
import { startTestGitHub } from './start-test-github.js';
import type { Delivery } from '../../demo/github/webhooks/delivery.js';
import type { Attempt } from '../../demo/github/webhooks/webhooks.js';
import { createReviewer } from '../../demo/reviewer.js';
import { startBalancer, type Balancer } from './balancer.js';
import type { Observable } from './expect-converged.js';
import { endProgramsIn } from './programs.js';
import { quiet } from './quiet.js';
import { refuseViolations } from './refuse-violations.js';
import { startCrashingApp, type AppProcess, type CrashPoint } from './start-crashing-app.js';
import { AUTHOR, environmentFor, REPOSITORY } from './start-world.js';
import { migratedDatabase } from './test-database.js';

/** Two whole servers, each a process, over one database and one directory of files, behind one address. */
export interface Cluster extends AsyncDisposable, Observable {
  readonly first: AppProcess;
  readonly second: AppProcess;
  readonly front: Balancer;
  /** Read by the test itself, not through one of the servers. */
  readonly app: { readonly url: string; readonly ports: Stores };
  readonly dataDir: string;
  /** The same delivery to both servers, so many times each, all at once. */
  deliver(delivery: Delivery, times: number): Promise<Attempt[]>;
  /** Until every delivery is worked on and nothing is due. Longer than a lease: what a dead server held is waited for. */
  quiet(): Promise<void>;
}

export interface ClusterOptions {
  readonly files: Readonly<Record<string, string>>;
  /** Where the first server kills or stops itself. */
  readonly crash?: CrashPoint;
  /** What else the operator sets. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function startCluster({ files, crash, env: given = {} }: ClusterOptions): Promise<Cluster> {
  const database = migratedDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-cluster-'));
  const github = await startTestGitHub({ users: [AUTHOR], repositories: [{ fullName: REPOSITORY, files }] });
  const front = await startBalancer();
  const env = {
    ...environmentFor({ github, dataDir, mongodbUri: database.uri }),
    ...{ PUBLIC_URL: front.url, ...given },
  };
  const [first, second] = await Promise.all([
    startCrashingApp(env, crash ?? null),
    startCrashingApp(env, null),
  ]);
  front.leadTo([first.port, second.port]);
  github.webhooks.hold();
  const store = await connectStore({ uri: database.uri, log: () => undefined });
  return {
    first,
    second,
    front,
    github,
    dataDir,
    app: { url: front.url, ports: store.stores },
    reviewer: createReviewer({ github, repository: REPOSITORY, login: AUTHOR }),
    repoId: () => [...github.state.repositories.values()][0]?.document.id ?? 0,
    async deliver(delivery, times) {
      const sent = [first, second].map(({ port }) => {
        github.webhooks.sendTo(`http://localhost:${port}/api/github/webhooks`);
        return github.webhooks.send(delivery, { times });
      });
      return (await Promise.all(sent)).flat();
    },
    quiet: () => quiet(store.stores),
    async [Symbol.asyncDispose]() {
      for (const server of [first, second]) server.kill('SIGKILL');
      await Promise.all([first.ended, second.ended]);
      await endProgramsIn(dataDir);
      await front[Symbol.asyncDispose]();
      await store.close();
      await github.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
      refuseViolations(github);
    },
  };
}
