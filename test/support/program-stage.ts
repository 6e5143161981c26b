import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { wakeEnvironment } from '../../src/deployments/wake.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { putToSleep, SETTLE_MS } from '../../src/reconcile/sleep.js';
import { createProgramTarget, showProgram } from './program-target.js';
import { startApp, type TestApp } from './start-app.js';
import { migratedDatabase } from './test-database.js';

const MINUTE = 60_000;
/** The test looks when it wants to. */
const NOT_BY_ITSELF = { programsEveryMs: 24 * 60 * MINUTE };

interface Stage {
  /** How many servers there are over one database; one unless given. */
  readonly servers?: number;
}

export interface Came {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Servers whose previews are programs, and a clock that goes on when the test says so. */
export async function openPrograms({ servers: count = 1 }: Stage = {}) {
  const target = createProgramTarget();
  const database = migratedDatabase();
  let ahead = 0;
  const clock = { now: () => new Date(Date.now() + ahead) };
  const servers: TestApp[] = [];
  for (let made = 0; made < count; made += 1)
    servers.push(
      await startApp({ ...target.overrides, ...NOT_BY_ITSELF, clock, secrets: { mongodbUri: database.uri } }),
    );
  const [app] = servers as [TestApp, ...TestApp[]];
  const read = async ({ id }: StoredEnvironment) => {
    const found = await app.ports.environments.get(id);
    if (!found) throw new Error(`There is no environment ${id}.`);
    return found;
  };
  const look = (by: TestApp = app) => putToSleep(by.ports);
  const pass = (ms: number) => void (ahead += ms);
  return {
    target,
    app,
    servers,
    clock,
    pass,
    look,
    read,
    show: (slug: string, limits = {}) => showProgram(app.ports, { target, slug, limits }),
    program: ({ current }: StoredEnvironment) => {
      const program = target.programs.get(current?.deploymentId ?? '');
      if (!program) throw new Error('There is no such program.');
      return program;
    },
    containers: async ({ id }: StoredEnvironment) =>
      (await app.ports.containers.listOf(id, { limit: 10 })).items,
    /** Until its document says that it sleeps, and its program runs on. */
    async doze() {
      pass(32 * MINUTE);
      return look();
    },
    /** Until its program is stopped. */
    async fallAsleep() {
      pass(32 * MINUTE);
      await look();
      pass(SETTLE_MS);
      return look();
    },
    restart: ({ id }: StoredEnvironment) =>
      wakeEnvironment(app.ports, { environmentId: id, unwellToo: true }),
    /** Nothing is live, and the program of the newest commit starts. */
    async startNext(environment: StoredEnvironment) {
      const seen = await read(environment);
      const resources = seen.resources.map((one) => ({ ...one, reach: null, handle: null }));
      const patch = { status: ENVIRONMENT_STATUS.provisioning, current: null, resources };
      await app.ports.environments.change(seen, { patch, due: [] });
    },
    async visit(
      label: string,
      headers: Readonly<Record<string, string>> = {},
      at: TestApp = app,
    ): Promise<Came> {
      const { path = '/', ...sent } = headers;
      const to = { host: '127.0.0.1', port: at.port, agent: false as const, path };
      const host = `${label}.localhost:${String(at.port)}`;
      const [response] = (await once(get({ ...to, headers: { host, ...sent } }), 'response')) as [
        IncomingMessage,
      ];
      return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
    },
    /** Asks for a WebSocket; answers the connection and the head of the answer. */
    async upgrade(label: string, at: TestApp = app): Promise<{ socket: Socket; head: string }> {
      const socket = connect(at.port, '127.0.0.1');
      const host = `${label}.localhost:${String(at.port)}`;
      socket.write(
        `GET /socket HTTP/1.1\r\nhost: ${host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: abc\r\n\r\n`,
      );
      const [head] = (await once(socket, 'data')) as [Buffer];
      return { socket, head: head.toString() };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server.close()));
      await target[Symbol.asyncDispose]();
      await database.drop();
    },
  };
}
