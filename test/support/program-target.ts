import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import type { Overrides } from '../../app/compose/overrides.js';
import type { Stores } from '../../app/ports.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { defaultSettings, type Settings } from '../../src/settings/settings.js';
import { CONTAINER_STATUS, DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { VitrineError } from '../../src/shared/errors.js';
import type {
  Deployed,
  Inspection,
  ProgramLine,
  Run,
  ServerTarget,
  Target,
} from '../../src/targets/target.js';
import { newDeployment, newEnvironment, release } from './builders.js';

export interface ProgramHandle {
  readonly slug: string;
  readonly generation: number;
  readonly deploymentId: string;
}

/** One program: a small HTTP server, which can be stopped and started. */
export interface Program {
  readonly handle: ProgramHandle;
  /** Null while it is stopped. */
  readonly port: number | null;
  /** The paths that it was asked for, with whoever asked. */
  readonly asked: { readonly path: string; readonly agent: string }[];
  /** How often it was started. */
  readonly starts: number;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Running extends Program {
  port: number | null;
  starts: number;
  server: Server | null;
  readonly lines: ProgramLine[];
  readonly listeners: Set<() => void>;
  readonly sockets: Set<Duplex>;
}

export const PROGRAM_TARGET = 'runner';

type Ports = Pick<Stores, 'environments' | 'deployments' | 'containers'>;

/** An environment whose program is live, without a pull request and a run. */
export async function showProgram(
  { environments, deployments, containers }: Ports,
  { target, slug, limits }: { target: ProgramTarget; slug: string; limits?: Partial<Settings['limits']> },
): Promise<StoredEnvironment> {
  const deploymentId = hash(slug);
  const settings = defaultSettings();
  const place = { name: slug, slug, url: `http://${slug}.localhost`, projectId: hash(`project of ${slug}`) };
  const made = await environments.ensure(
    newEnvironment({ ...place, settings: { ...settings, limits: { ...settings.limits, ...limits } } }),
  );
  const { id: environmentId, projectId } = made;
  const queued = await deployments.ensure(newDeployment({ id: deploymentId, environmentId, projectId }));
  const { reach, handle } = await target.deploy({ slug, deploymentId });
  const now = new Date();
  const { sha } = queued;
  const url = `http://${sha.slice(0, 7)}-${slug}.localhost`;
  const end = { status: DEPLOYMENT_STATUS.success, startedAt: now, completedAt: now };
  await deployments.change(queued, { ...end, reach, target: PROGRAM_TARGET, url, commitUrl: url });
  const port = reach.kind === 'upstream' ? reach.port : null;
  const engine = {
    engineId: `engine-${deploymentId}`,
    service: 'app',
    image: 'none',
    host: '127.0.0.1',
    port,
  };
  const times = { status: CONTAINER_STATUS.running, startedAt: now, stoppedAt: null };
  const of = { environmentId, deploymentId, target: PROGRAM_TARGET };
  await containers.replace(deploymentId, [{ id: hash(`container of ${slug}`), ...of, ...engine, ...times }]);
  const resource = { target: PROGRAM_TARGET, generation: 1, deploymentId, artifactRoot: null };
  const current = { deploymentId, sha, url, reach, at: now };
  const written = await environments.change(made, {
    patch: {
      status: ENVIRONMENT_STATUS.ready,
      head: { sha, deploymentId, at: now },
      deployedAt: now,
      current,
      resources: [{ ...resource, reach, handle, doomed: false }],
    },
    due: [],
  });
  if (!written) throw new Error(`The environment ${slug} is there already.`);
  return written;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

/**
 * A target whose programs are small servers in this process. Several servers of Vitrine may share it, as they would share one engine. It
 * stands for the targets that start programs where a test is about what the server does with them.
 */
export function createProgramTarget() {
  const programs = new Map<string, Running>();
  const faults: {
    wake: Error | null;
    beforeWake: (() => Promise<void>) | null;
    beforeStop: (() => Promise<void>) | null;
  } = {
    wake: null,
    beforeWake: null,
    beforeStop: null,
  };
  let inspection: Inspection | null = null;
  let answer: Answer = (request, response) => response.end(`hello from ${request.url ?? ''}`);
  let upgrade = (request: IncomingMessage, socket: Duplex): void => {
    const key = request.headers['sec-websocket-key'] ?? '';
    socket.write(
      `HTTP/1.1 101 Yes\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${key}\r\n\r\n`,
    );
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => socket.write(bytes));
  };

  async function start(program: Running): Promise<void> {
    if (program.server) return;
    const server = createServer((request, response) => {
      program.asked.push({ path: request.url ?? '', agent: request.headers['user-agent'] ?? '' });
      answer(request, response);
    });
    server.on('upgrade', (request, socket) => {
      program.sockets.add(socket);
      socket.once('close', () => program.sockets.delete(socket));
      upgrade(request, socket);
    });
    program.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    program.port = (server.address() as AddressInfo).port;
    program.starts += 1;
  }

  async function stop(program: Running): Promise<void> {
    const { server } = program;
    if (!server) return;
    program.server = null;
    program.port = null;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    program.sockets.forEach((socket) => socket.destroy());
    await closed;
    program.listeners.forEach((listener) => listener());
  }

  const reachOf = ({ port, handle: { slug } }: Running) => {
    const place = { host: '127.0.0.1', port: port ?? 0 };
    const url = `http://api-${slug}.localhost`;
    // The same program is a second service of previews that are shops.
    const addresses = slug.endsWith('-shop') ? [{ service: 'api', url, ...place }] : undefined;
    return { kind: 'upstream', ...place, addresses } as const;
  };
  const find = ({ deploymentId }: ProgramHandle): Running => {
    const program = programs.get(deploymentId);
    if (!program) throw new VitrineError('not_found', 'There is no such program.');
    return program;
  };

  async function* follow(program: Running, since: Date, signal: AbortSignal): AsyncGenerator<ProgramLine> {
    let next = program.lines.findIndex(({ at }) => at >= since);
    if (next === -1) next = program.lines.length;
    while (!signal.aborted) {
      for (; next < program.lines.length; next += 1) yield program.lines[next] as ProgramLine;
      if (!program.server) return;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          program.listeners.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        program.listeners.add(done);
        signal.addEventListener('abort', done, { once: true });
      });
    }
  }

  const target: Target<unknown, ProgramHandle> = {
    name: PROGRAM_TARGET,
    runsIn: 'server',
    options: z.unknown(),
    credentials: z.unknown(),
    takes: 'nothing',
    starts: true,
    earlier: 'removed',
    identityOf: ({ deploymentId }) => deploymentId,
    capabilities: {
      sleep: {
        async stop(handle) {
          await faults.beforeStop?.();
          await stop(find(handle));
        },
        async wake(handle) {
          await faults.beforeWake?.();
          if (faults.wake) throw faults.wake;
          const program = find(handle);
          await start(program);
          return reachOf(program);
        },
      },
      logs: { follow: (handle, { since }, { signal }) => follow(find(handle), since, signal) },
    },
    async inspect(handle) {
      if (inspection) return inspection;
      const program = programs.get(handle.deploymentId);
      if (!program) return { state: 'gone', detail: 'Its program was removed.' };
      return program.server
        ? { state: 'live', detail: null, reach: reachOf(program) }
        : { state: 'sleeping', detail: 'It is stopped.' };
    },
    async *list() {
      for (const { handle } of programs.values()) yield handle;
    },
    async deploy({ slug, generation, deploymentId }): Promise<Deployed<ProgramHandle>> {
      const handle = { slug, generation, deploymentId };
      const program: Running = programs.get(deploymentId) ?? {
        ...{
          handle,
          port: null,
          asked: [],
          starts: 0,
          server: null,
          lines: [],
          listeners: new Set(),
          sockets: new Set(),
        },
      };
      programs.set(deploymentId, program);
      await start(program);
      const { port } = program;
      const container = {
        id: `engine-${deploymentId}`,
        service: 'app',
        image: 'none',
        host: '127.0.0.1',
        port,
      };
      return {
        url: `http://127.0.0.1:${String(port)}`,
        reach: reachOf(program),
        handle,
        containers: [container],
      };
    },
    async destroy({ deploymentId }) {
      const program = programs.get(deploymentId);
      if (!program) return;
      await stop(program);
      programs.delete(deploymentId);
    },
  };

  /** The target reads nothing of its run while it deploys. */
  const noRun = {} as Run;
  const named: Overrides = {
    around: {
      targets: (all) =>
        new Map([...all, [PROGRAM_TARGET, target as unknown as ServerTarget<unknown, unknown>]]),
    },
  };
  return {
    target,
    /** For an App that has this target. */
    overrides: named,
    deploy: (one: { slug: string; deploymentId: string }) => target.deploy(release(one), {}, noRun),
    programs: programs as ReadonlyMap<string, Program>,
    faults,
    answerWith: (next: Answer) => void (answer = next),
    /** What its engine says of every program, instead of the truth. */
    inspectAs: (next: Inspection | null) => void (inspection = next),
    upgradeWith: (next: typeof upgrade) => void (upgrade = next),
    /** The program ends by itself. */
    crash: (deploymentId: string) => stop(find({ slug: '', generation: 0, deploymentId })),
    /** The engine starts it again after that, at another port. */
    restart: (deploymentId: string) => start(find({ slug: '', generation: 0, deploymentId })),
    print(deploymentId: string, line: Omit<ProgramLine, 'service' | 'stream'> & Partial<ProgramLine>) {
      const program = find({ slug: '', generation: 0, deploymentId });
      program.lines.push({ service: 'app', stream: 'stdout', ...line });
      program.listeners.forEach((listener) => listener());
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...programs.values()].map(stop));
    },
  };
}

export type ProgramTarget = ReturnType<typeof createProgramTarget>;
