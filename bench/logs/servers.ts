import { z } from 'zod';
import { connectStore } from '../../app/store/connect.js';
import { pathTo } from '../../src/contract/client.js';
import { appendLogs } from '../../src/contract/logs.js';
import { hashToken, type TokenScope } from '../../src/people/api-token.js';
import type { Database } from '../database/database.js';
import type { Child } from '../harness/children.js';
import type { Setting } from '../harness/setting.js';
import { makeCredentials } from '../ours/credentials.js';
import { startOurs } from '../ours/start-ours.js';
import type { Log } from './plan.js';

export const OURS = 'ours';
export const INSERT_ONE = 'insert-one';
export const INSERT_MANY = 'insert-many';
export const BETTER_SSE = 'better-sse';

export interface Surroundings {
  readonly setting: Setting;
  readonly database: Database;
  readonly load: Child;
}

/** A fresh process with an empty database. */
export interface LogServer {
  readonly port: number;
  readonly child: Child;
  readonly logs: readonly Log[];
  /** The token of each reader. */
  readonly readers: readonly string[];
}

interface Wanted {
  readonly name: string;
  /** Of its own database. */
  readonly base: string;
  readonly logs: number;
  readonly readers: number;
}

export async function startLogServer(
  { setting, database }: Pick<Surroundings, 'setting' | 'database'>,
  { name, base, ...sizes }: Wanted,
): Promise<LogServer> {
  const mongodbUri = database.address(base);
  if (name !== OURS) {
    const child = await setting.children.start('logs/contenders.js', {
      args: [name],
      core: 'measured',
      env: { MONGODB_URI: mongodbUri },
    });
    const { port } = z.object({ port: z.int() }).parse(child.ready);
    const logs = Array.from({ length: sizes.logs }, () => ({ path: '/lines', token: 'none' }));
    return { port, child, logs, readers: Array.from({ length: sizes.readers }, () => 'none') };
  }
  const { child, port } = await startOurs(setting, {
    credentials: makeCredentials(),
    mongodbUri,
    // Nobody listens there, and nothing here asks GitHub.
    githubUrl: 'http://127.0.0.1:9',
    dataDir: await setting.scratch.disk(base),
  });
  return { port, child, ...(await prepare(mongodbUri, sizes)) };
}

/** Fewer than one reader may open. */
const STREAMS_A_READER = 15;

/** Deployments with the tokens of their runs, and readers. */
async function prepare(
  mongodbUri: string,
  sizes: Pick<Wanted, 'logs' | 'readers'>,
): Promise<Pick<LogServer, 'logs' | 'readers'>> {
  const { stores, close } = await connectStore({ uri: mongodbUri, log: () => undefined });
  const issue = async (token: string, scope: TokenScope) => {
    await stores.tokens.issue({ hash: hashToken(token), scope, expiresAt: null });
    return token;
  };
  const logs: Log[] = [];
  for (let index = 0; index < sizes.logs; index += 1) {
    const id = logId(index);
    await stores.deployments.ensure({
      ...{ id, environmentId: 'e'.repeat(24), projectId: 'f'.repeat(24), repoId: 1, generation: 1 },
      ...{ sha: 'a'.repeat(40), run: { id: String(index), attempt: 1, job: 'bench' }, branch: 'bench' },
      ...{ commitMessage: null, author: null, creator: 'webhook', previousDeploymentId: null },
    });
    const token = await issue(`vtr_${id}`, { kind: 'run', deploymentId: id, repoId: 1 });
    logs.push({ path: pathTo(appendLogs, { params: { id } }), token });
  }
  const readers: string[] = [];
  for (let index = 0; index < sizes.readers; index += 1) {
    const name = `reader-${Math.floor(index / STREAMS_A_READER)}`;
    readers.push(await issue(`vto_${name}`, { kind: 'operator', name }));
  }
  await close();
  return { logs, readers };
}

export function logId(index: number): string {
  return String(index).padStart(24, '0');
}
