import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { filesInTar } from './tar.js';

/** What an image of a test does, as its command line. test/support/docker-images.ts has the same programs for a real engine. */
export type Program =
  | readonly ['serve', text: string]
  /** Listens there, whatever PORT says. */
  | readonly ['serve-at', port: string, text: string]
  /** Serves a file of the container. */
  | readonly ['serve-file', path: string]
  /** Prints a variable, and serves its name. */
  | readonly ['tell', variable: string]
  /** Prints a line, and ends with the code. */
  | readonly ['fail', code: string, line: string]
  /** Prints lines to both streams, and goes on without listening. */
  | readonly ['print', count: string]
  /** Prints a line, goes on, and ends well when it is asked to end. */
  | readonly ['wait', line: string]
  /** Prints a text and a variable of its environment, and ends well. */
  | readonly ['say', text: string, variable: string]
  /** There is no such program in any image. */
  | readonly ['no-such-command'];

export interface FakeImage {
  readonly Cmd: Program;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  /** What the health check of a container says that runs this; `healthy` unless given. */
  readonly Health?: 'starting' | 'healthy' | 'unhealthy';
}

interface StoredImage extends FakeImage {
  readonly id: string;
  /** Text files, by their paths. */
  readonly files: ReadonlyMap<string, string>;
}

export interface FakeEngine extends AsyncDisposable {
  /** As DOCKER_HOST names it. */
  readonly dockerHost: string;
  readonly address: { readonly host: string; readonly port: number };
  addImage(reference: string, image: FakeImage): void;
  /** By name, or by id where another image has the name. */
  images(): readonly string[];
  /** What it says of itself. */
  imageAt(name: string): FakeImage;
  forgetImage(reference: string): void;
  addVolume(name: string, labels: Readonly<Record<string, string>>): void;
  /** Without the records of ports. */
  volumes(): readonly string[];
  /** The ports of the machine that belong to a deployment. */
  hostPorts(): readonly string[];
  /** Labels of what there is. */
  containers(): readonly Readonly<Record<string, string>>[];
  /** The command lines that were started, in their order. */
  started(): readonly string[];
  /** How many networks besides its own a container is in. */
  joined(id: string): number;
  /** Without those of the engine itself. */
  networks(): readonly string[];
  /** The containers with these labels end by themselves. */
  crash(labels: Readonly<Record<string, string>>): Promise<void>;
  /** Ends, and comes back as a supervisor would start it: what ran runs again. */
  restart(): Promise<void>;
  /** The next request for a container to be made fails. */
  failNext(kind: 'retriable' | 'final'): void;
  /** As after an update of the engine. */
  speak(versions: { readonly newest: string; readonly least: string }): void;
  /** What it says of itself besides its version and its machine. */
  describe(info: Readonly<Record<string, unknown>>): void;
}

interface Body {
  readonly Image: string;
  readonly Cmd?: Program;
  readonly User?: string;
  readonly Env: readonly string[];
  readonly Labels: Record<string, string>;
  readonly Healthcheck?: { readonly Test: readonly string[] };
  readonly ExposedPorts?: Record<string, object>;
  readonly HostConfig: {
    readonly NetworkMode: string;
    readonly PortBindings: Record<string, readonly { HostPort: string }[]>;
    readonly Mounts?: readonly { readonly Source: string }[];
    readonly RestartPolicy?: { readonly Name: string };
  };
}

interface Line {
  readonly at: number;
  readonly stream: 1 | 2;
  readonly text: string;
}

interface Container {
  readonly id: string;
  name: string;
  readonly image: StoredImage;
  readonly labels: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly program: Program;
  readonly lines: Line[];
  readonly readers: Set<ServerResponse>;
  readonly files: Map<string, string>;
  readonly servers: Map<string, Server>;
  readonly sockets: Set<Socket>;
  /** The names of its networks. */
  readonly networks: Set<string>;
  readonly health: NonNullable<FakeImage['Health']>;
  /** In its own network: every address that begins with 127 is one of this machine. */
  readonly address: string;
  running: boolean;
  startedAt: Date | null;
  exitCode: number;
  restart: string;
}

interface Network {
  readonly Id: string;
  readonly Name: string;
  readonly Labels: Record<string, string>;
  readonly IPAM: { readonly Config: readonly { Subnet: string }[] };
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const PORT = /^vitrine-port-/;

const idOf = () => randomBytes(32).toString('hex');

/**
 * An engine that speaks the API of Docker as far as this product uses it. What it runs are the programs above, each a real server on a real
 * port. The same contract suites run against it and against a real engine.
 */
export async function startFakeEngine(): Promise<FakeEngine> {
  const images = new Map<string, StoredImage>();
  const networks = new Map<string, Network>();
  const containers = new Map<string, Container>();
  const volumes = new Map<string, Record<string, string>>();
  const faults: ('retriable' | 'final')[] = [];
  const begun: string[] = [];
  let versions = { newest: '1.51', least: '1.24' };
  let info: Readonly<Record<string, unknown>> = {};
  networks.set('bridge', {
    Id: 'bridge',
    Name: 'bridge',
    Labels: {},
    IPAM: { Config: [{ Subnet: '172.17.0.0/16' }] },
  });

  const containerAt = (id: string): Container => {
    const found = containers.get(id) ?? [...containers.values()].find(({ name }) => name === id);
    if (!found) throw new Refusal(404, `No such container: ${id}`);
    return found;
  };

  const imageAt = (name: string): StoredImage => {
    const found = images.get(name) ?? [...images.values()].find(({ id }) => id === name);
    if (!found) throw new Refusal(404, `No such image: ${name}`);
    return found;
  };

  /** An image that had the name stays, without one. */
  function addImage(reference: string, image: FakeImage, files: StoredImage['files'] = new Map()) {
    const before = images.get(reference);
    if (before) images.set(before.id, before);
    images.set(reference, { ...image, files, id: `sha256:${idOf()}` });
  }

  function commit(query: URLSearchParams, config: FakeImage) {
    const { image, labels, files } = containerAt(query.get('container') ?? '');
    const Labels = { ...labels, ...config.Labels };
    addImage(`${query.get('repo')}:${query.get('tag')}`, { ...image, ...config, Labels }, new Map(files));
    return { Id: 'new' };
  }

  const networkAt = (id: string): Network => {
    const found = [...networks.values()].find(({ Id, Name }) => Id === id || Name === id);
    if (!found) throw new Refusal(404, `network ${id} not found`);
    return found;
  };

  function connect(id: string, container: Container) {
    const { Name } = networkAt(id);
    if (container.running && container.networks.has(Name))
      throw new Refusal(403, `endpoint with name ${container.name} already exists in network ${Name}`);
    container.networks.add(Name);
  }

  function disconnect(id: string, container: Container) {
    const { Name } = networkAt(id);
    if (!container.networks.delete(Name))
      throw new Refusal(500, `container ${container.id} is not connected to the network ${Name}`);
  }

  async function create(query: URLSearchParams, body: Body) {
    const fault = faults.shift();
    if (fault === 'retriable') throw new Refusal(500, 'The engine is restarting');
    if (fault === 'final') throw new Refusal(400, 'invalid reference format');
    const image = imageAt(body.Image);
    const name = query.get('name') ?? '';
    if ([...containers.values()].some((one) => one.name === name))
      throw new Refusal(409, `Conflict. The container name "/${name}" is already in use`);
    const fresh = {
      id: idOf(),
      name,
      image,
      labels: { ...image.Labels, ...body.Labels },
      body,
      program: body.Cmd ?? image.Cmd,
      lines: [],
      running: false,
      startedAt: null,
      exitCode: 0,
    };
    const rest = {
      readers: new Set<ServerResponse>(),
      files: new Map(image.files),
      servers: new Map(),
      sockets: new Set<Socket>(),
      networks: new Set([body.HostConfig.NetworkMode]),
      address: `127.${[...randomBytes(3)].map((byte) => 1 + (byte % 250)).join('.')}`,
      // The command `false` is one that fails.
      health: body.Healthcheck?.Test[1] === 'false' ? ('unhealthy' as const) : (image.Health ?? 'healthy'),
    };
    for (const { Source } of body.HostConfig.Mounts ?? [])
      if (!volumes.has(Source)) throw new Refusal(404, `get ${Source}: no such volume`);
    const made: Container = {
      ...fresh,
      ...rest,
      restart: body.HostConfig.RestartPolicy?.Name ?? 'on-failure',
    };
    containers.set(made.id, made);
    return { Id: made.id, Warnings: [] };
  }

  async function start(container: Container) {
    if (container.running) return null;
    for (const name of [container.body.HostConfig.NetworkMode, ...container.networks]) networkAt(name);
    if (container.program[0] === 'no-such-command')
      throw new Refusal(400, 'exec: "no-such-command": executable file not found in $PATH: unknown');
    for (const [port, [bound]] of Object.entries(container.body.HostConfig.PortBindings))
      container.servers.set(port, await bind(container, { port, range: bound?.HostPort ?? '' }));
    const { address } = container;
    if (container.servers.size === 0)
      for (const port of Object.keys(container.body.ExposedPorts ?? {}))
        container.servers.set(
          port,
          await bind(container, { port, range: port.replace('/tcp', ''), address }),
        );
    container.running = true;
    container.startedAt = new Date();
    begun.push(container.program.join(' '));
    run(container);
    return null;
  }

  function run(container: Container) {
    const [name, first = '', second = ''] = container.program as readonly string[];
    const exit = name === 'node' && /process\.exit\((\d+)\)/.exec(container.files.get(`/app/${first}`) ?? '');
    if (exit) void end(container, Number(exit[1]));
    else if (name === 'node') print(container, 1, `running ${first}`);
    if (name === 'serve') print(container, 1, `serving ${first}`);
    if (name === 'tell') print(container, 1, variableOf(container, first));
    if (name === 'fail') {
      print(container, 2, second);
      void end(container, Number(first));
    }
    if (name === 'wait') print(container, 1, first);
    if (name === 'say') {
      const given = container.body.Env.find((one) => one.startsWith(`${second}=`)) ?? '';
      print(container, 1, `${first} ${given.slice(second.length + 1)}`);
      void end(container, 0);
    }
    if (name !== 'print') return;
    for (let index = 1; index <= Number(first); index += 1)
      print(container, index % 2 === 1 ? 1 : 2, `line ${index}`);
  }

  function remove(container: Container) {
    return end(container, 137).then(() => containers.delete(container.id));
  }

  const pull = (query: URLSearchParams, request: IncomingMessage) =>
    pullFrom({ name: query.get('fromImage') ?? '', version: query.get('tag') ?? '', request });

  function removeNetwork(id: string) {
    const found = networkAt(id);
    const isUsed = [...containers.values()].some(
      ({ running, networks: joined }) => running && joined.has(found.Name),
    );
    if (isUsed) throw new Refusal(403, `error while removing network: network ${id} has active endpoints`);
    networks.delete(found.Id);
  }

  function createNetwork(body: Omit<Network, 'Id'>) {
    const all = [...networks.values()];
    if (all.some(({ Name }) => Name === body.Name))
      throw new Refusal(409, `network with name ${body.Name} already exists`);
    const [wanted] = body.IPAM.Config;
    if (all.some(({ IPAM }) => IPAM.Config.some(({ Subnet }) => Subnet === wanted?.Subnet)))
      throw new Refusal(403, 'invalid pool request: Pool overlaps with other one on this address space');
    const Id = idOf();
    networks.set(Id, { ...body, Id });
    return { Id };
  }

  function removeImage(reference: string) {
    const image = imageAt(reference);
    if ([...containers.values()].some((one) => one.image.id === image.id))
      throw new Refusal(409, 'conflict: unable to delete, image is being used by a container');
    for (const [name, { id }] of images) if (id === image.id) images.delete(name);
    return [];
  }

  type Handler = (asked: {
    readonly parts: readonly string[];
    readonly query: URLSearchParams;
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
  }) => unknown;

  const json = async <Value>(request: IncomingMessage) =>
    JSON.parse((await buffer(request)).toString()) as Value;
  const byLabels = (query: URLSearchParams) => {
    const { label = [] } = JSON.parse(query.get('filters') ?? '{}') as { label?: string[] };
    return (labels: Record<string, string>) =>
      label.every((one) => labels[one.split('=', 1)[0] ?? ''] === one.slice(one.indexOf('=') + 1));
  };

  const routes: readonly (readonly [method: string, path: RegExp, handler: Handler])[] = [
    ['GET', /^\/info$/, () => ({ ServerVersion: 'fake', NCPU: 2, MemTotal: 8 * 1024 ** 3, ...info })],
    ['GET', /^\/version$/, () => ({ ApiVersion: versions.newest, MinAPIVersion: versions.least })],
    [
      'GET',
      /^\/images\/(.+)\/json$/,
      ({ parts: [name = ''] }) => {
        const image = imageAt(name);
        return { Id: image.id, Os: 'linux', Architecture: 'amd64', Config: image };
      },
    ],
    [
      'GET',
      /^\/images\/json$/,
      ({ query }) =>
        [...images.values()]
          .filter(({ Labels = {} }) => byLabels(query)(Labels))
          .map(({ id, Labels = null }) => ({ Id: id, Labels })),
    ],
    ['POST', /^\/commit$/, async ({ query, request }) => commit(query, await json(request))],
    ['DELETE', /^\/images\/(.+)$/, ({ parts: [name = ''] }) => removeImage(name)],
    [
      'POST',
      /^\/images\/create$/,
      async ({ query, request, response }) => {
        await pull(query, request).then(
          (pulled) => {
            addImage(pulled.reference, pulled.image);
            response.end(`${JSON.stringify({ status: 'Pull complete' })}\n`);
          },
          (error: Error) =>
            response.end(
              `${JSON.stringify({ status: 'Pulling' })}\n${JSON.stringify({ error: error.message })}\n`,
            ),
        );
      },
    ],
    ['GET', /^\/networks$/, () => [...networks.values()]],
    ['POST', /^\/networks\/create$/, async ({ request }) => createNetwork(await json(request))],
    [
      'POST',
      /^\/networks\/([^/]+)\/(connect|disconnect)$/,
      async ({ parts: [id = '', verb = ''], request }) => {
        const { Container: joining } = await json<{ Container: string }>(request);
        (verb === 'connect' ? connect : disconnect)(id, containerAt(joining));
      },
    ],
    ['DELETE', /^\/networks\/(.+)$/, ({ parts: [id = ''] }) => removeNetwork(id)],
    [
      'GET',
      /^\/containers\/json$/,
      ({ query }) =>
        [...containers.values()]
          .filter(({ labels }) => byLabels(query)(labels))
          .map(({ id, labels }) => ({ Id: id, Labels: labels })),
    ],
    ['POST', /^\/containers\/create$/, async ({ query, request }) => create(query, await json(request))],
    ['GET', /^\/containers\/([^/]+)\/json$/, ({ parts: [id = ''] }) => inspected(containerAt(id))],
    [
      'POST',
      /^\/containers\/([^/]+)\/rename$/,
      ({ parts: [id = ''], query }) => void (containerAt(id).name = query.get('name') ?? ''),
    ],
    ['POST', /^\/containers\/([^/]+)\/start$/, ({ parts: [id = ''] }) => start(containerAt(id))],
    [
      'POST',
      /^\/containers\/([^/]+)\/stop$/,
      async ({ parts: [id = ''] }) => {
        const container = containerAt(id);
        await end(container, container.program[0] === 'wait' ? 0 : 143);
      },
    ],
    [
      'POST',
      /^\/containers\/([^/]+)\/update$/,
      async ({ parts: [id = ''], request }) => {
        const { RestartPolicy } = await json<{ RestartPolicy: { Name: string } }>(request);
        containerAt(id).restart = RestartPolicy.Name;
        return { Warnings: null };
      },
    ],
    [
      'DELETE',
      /^\/containers\/([^/]+)$/,
      async ({ parts: [id = ''] }) => void (await remove(containerAt(id))),
    ],
    [
      'GET',
      /^\/containers\/([^/]+)\/logs$/,
      ({ parts: [id = ''], query, response }) => sendLogs(containerAt(id), query, response),
    ],
    [
      'PUT',
      /^\/containers\/([^/]+)\/archive$/,
      async ({ parts: [id = ''], query, request }) => {
        for (const [name, content] of filesInTar(await buffer(request)))
          containerAt(id).files.set(`${query.get('path') ?? ''}/${name}`.replace(/\/+/g, '/'), content);
      },
    ],
    [
      'HEAD',
      /^\/containers\/([^/]+)\/archive$/,
      ({ parts: [id = ''], query }) => {
        if (!containerAt(id).files.has(query.get('path') ?? '')) throw new Refusal(404, 'no such file');
      },
    ],
    [
      'GET',
      /^\/volumes$/,
      ({ query }) => ({
        Volumes: [...volumes]
          .filter(([, labels]) => byLabels(query)(labels))
          .map(([Name, Labels]) => ({ Name, Labels })),
      }),
    ],
    [
      'POST',
      /^\/volumes\/create$/,
      async ({ request }) => {
        const { Name, Labels } = await json<{ Name: string; Labels: Record<string, string> }>(request);
        if (!volumes.has(Name)) volumes.set(Name, Labels);
        return { Name, Labels: volumes.get(Name) };
      },
    ],
    [
      'DELETE',
      /^\/volumes\/(.+)$/,
      ({ parts: [name = ''] }) => {
        if (
          [...containers.values()].some(({ body }) =>
            body.HostConfig.Mounts?.some((one) => one.Source === name),
          )
        )
          throw new Refusal(409, `remove ${name}: volume is in use`);
        if (!volumes.delete(name)) throw new Refusal(404, `get ${name}: no such volume`);
      },
    ],
  ];

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://engine');
    if (pathname === '/version')
      return send(response, { ApiVersion: versions.newest, MinAPIVersion: versions.least });
    const [, version = '', path = ''] = /^\/v(\d+\.\d+)(\/.*)$/.exec(pathname) ?? [];
    const minor = (text: string) => Number(text.split('.')[1]);
    if (minor(version) < minor(versions.least))
      throw new Refusal(
        400,
        `client version ${version} is too old. Minimum supported API version is ${versions.least}`,
      );
    if (minor(version) > minor(versions.newest))
      throw new Refusal(
        400,
        `client version ${version} is too new. Maximum supported API version is ${versions.newest}`,
      );
    for (const [method, pattern, handler] of routes) {
      const match = method === request.method ? pattern.exec(path) : null;
      if (!match) continue;
      const parts = match.slice(1).map(decodeURIComponent);
      const value: unknown = await handler({ parts, query: searchParams, request, response });
      if (!response.headersSent && !response.writableEnded) send(response, value);
      return;
    }
    throw new Refusal(404, `page not found: ${String(request.method)} ${path}`);
  }

  const server = createHttpServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.statusCode = error instanceof Refusal ? error.status : 500;
      response.end(JSON.stringify({ message: error instanceof Error ? error.message : String(error) }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    dockerHost: `tcp://127.0.0.1:${port}`,
    address: { host: '127.0.0.1', port },
    addImage: (reference, image) => addImage(reference, image),
    images: () => [...images.keys()],
    imageAt,
    forgetImage: (reference) => void images.delete(reference),
    addVolume: (name, labels) => void volumes.set(name, labels),
    volumes: () => [...volumes.keys()].filter((name) => !PORT.test(name)),
    hostPorts: () => [...volumes.keys()].filter((name) => PORT.test(name)),
    containers: () => [...containers.values()].map(({ labels }) => labels),
    started: () => begun,
    joined: (id) => containerAt(id).networks.size - 1,
    networks: () => [...networks.values()].map(({ Name }) => Name).filter((name) => name !== 'bridge'),
    async crash(labels) {
      for (const container of containers.values())
        if (Object.entries(labels).every(([name, value]) => container.body.Labels[name] === value))
          await end(container, 1);
    },
    async restart() {
      const ran = [...containers.values()].filter(({ running }) => running);
      for (const container of ran) await end(container, 137);
      for (const container of ran.reverse()) await start(container);
    },
    failNext: (kind) => void faults.push(kind),
    speak: (spoken) => void (versions = spoken),
    describe: (changes) => void (info = changes),
    async [Symbol.asyncDispose]() {
      await Promise.all([...containers.values()].map(remove));
      server.closeAllConnections();
      server.close();
    },
  };
}

function send(response: ServerResponse, value: unknown): void {
  if (value === undefined || value === null) response.statusCode = 204;
  else response.setHeader('content-type', 'application/json');
  response.end(value === undefined || value === null ? undefined : JSON.stringify(value));
}

function print({ lines, readers }: Container, stream: 1 | 2, text: string): void {
  const line = { at: Date.now(), stream, text };
  lines.push(line);
  for (const reader of readers) reader.write(frameOf(line));
}

function frameOf({ at, stream, text }: Line): Buffer {
  const bytes = Buffer.from(`${new Date(at).toISOString().replace('Z', '000000Z')} ${text}\n`);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

function sendLogs(
  { lines, readers, running }: Container,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  response.setHeader('content-type', 'application/vnd.docker.multiplexed-stream');
  response.flushHeaders();
  const since = Number(query.get('since') ?? 0) * 1_000;
  const tail = Number(query.get('tail') ?? lines.length) || 0;
  const wanted = lines.filter(({ at }) => at >= since);
  for (const line of tail > 0 ? wanted.slice(-tail) : []) response.write(frameOf(line));
  if (query.get('follow') !== 'true' || !running) return void response.end();
  readers.add(response);
  response.once('close', () => readers.delete(response));
}

/** A port of the machine leads to a port of the container, where the program may listen or not. */
async function bind(
  container: Container,
  { port: name, range, address = '127.0.0.1' }: { port: string; range: string; address?: string },
): Promise<Server> {
  const [first = 0, last = first] = range.split('-').map(Number);
  const program = createHttpServer((_request, response) => response.end(pageOf(container)));
  const server = createServer((socket) => {
    container.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => container.sockets.delete(socket));
    if (`${listensAt(container)}/tcp` === name) program.emit('connection', socket);
    else socket.destroy();
  });
  for (let tries = 0; tries < 50; tries += 1) {
    const failed = once(server, 'error');
    server.listen(first + Math.floor(Math.random() * (last - first + 1)), address);
    if ((await Promise.race([once(server, 'listening').then(() => null), failed])) === null) return server;
  }
  throw new Refusal(500, 'Bind for 127.0.0.1 failed: port is already allocated');
}

function listensAt({ program, body }: Container): string {
  if (program[0] === 'serve-at') return program[1];
  return /^(serve|tell|node$)/.test(program[0]) ? variableOf({ body }, 'PORT') : 'nowhere';
}

function restOf({ HostConfig: _, ...body }: Body) {
  return body;
}

function variableOf({ body }: Pick<Container, 'body'>, name: string): string {
  return body.Env.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
}

function pageOf({ program, files }: Container): string {
  const [name, first = '', second = ''] = program as readonly string[];
  // What a Node server would do is not known here: it shows the page of the build.
  if (name === 'node') return files.get('/app/index.html') ?? files.get(`/app/${first}`) ?? '';
  if (name === 'serve-file') return files.get(first) ?? 'no such file';
  return `<h1>${name === 'serve-at' ? second : first}</h1>\n`;
}

async function end(container: Container, code: number): Promise<void> {
  if (!container.running) return;
  container.running = false;
  container.exitCode = code;
  for (const reader of container.readers) reader.end();
  for (const socket of container.sockets) socket.destroy();
  const servers = [...container.servers.values()];
  container.servers.clear();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}

function inspected(container: Container) {
  const { id, labels, body, running, startedAt, exitCode, restart, servers, health, networks } = container;
  const { NetworkMode, PortBindings } = body.HostConfig;
  const addressIn = (name: string) =>
    name === NetworkMode ? { IPAddress: running ? container.address : '' } : {};
  const ports = [...servers].map(([name, server]) => {
    if (!(name in PortBindings)) return [name, null] as const;
    const bound = server.address() as AddressInfo | null;
    return [name, bound && [{ HostIp: '127.0.0.1', HostPort: String(bound.port) }]] as const;
  });
  return {
    Id: id,
    State: {
      ...{ Running: running, Restarting: false, ExitCode: exitCode, OOMKilled: exitCode === 137 },
      StartedAt: startedAt?.toISOString() ?? '0001-01-01T00:00:00Z',
      ...(body.Healthcheck && { Health: { Status: running ? health : 'unhealthy' } }),
    },
    Name: `/${container.name}`,
    Config: { ...restOf(body), User: body.User ?? '', Labels: labels },
    HostConfig: { ...body.HostConfig, RestartPolicy: { ...body.HostConfig.RestartPolicy, Name: restart } },
    NetworkSettings: {
      Ports: Object.fromEntries(ports),
      Networks: Object.fromEntries([...networks].map((name) => [name, addressIn(name)])),
    },
  };
}

interface Pull {
  readonly name: string;
  readonly version: string;
  readonly request: IncomingMessage;
}

/** Fetches manifest, config and layers from the registry, with the login that the request brings. */
async function pullFrom({ name, version, request }: Pull) {
  const login = request.headers['x-registry-auth'];
  const auth = JSON.parse(Buffer.from(String(login ?? 'e30'), 'base64url').toString()) as {
    registrytoken?: string;
  };
  const [host = '', ...path] = name.split('/');
  if (!host.includes(':')) throw new Error(`pull access denied for ${name}, repository does not exist`);
  const ask = async (what: string) => {
    const headers = { authorization: `Bearer ${auth.registrytoken ?? ''}` };
    const response = await fetch(`http://${host}/v2/${path.join('/')}/${what}`, { headers });
    if (!response.ok) throw new Error(`unauthorized: ${await response.text()}`);
    return response;
  };
  const manifest = (await (await ask(`manifests/${version}`)).json()) as {
    config: { digest: string };
    layers: readonly { digest: string }[];
  };
  const config = (await (await ask(`blobs/${manifest.config.digest}`)).json()) as { config: FakeImage };
  for (const { digest } of manifest.layers) await (await ask(`blobs/${digest}`)).arrayBuffer();
  return { reference: `${name}${version.startsWith('sha256:') ? '@' : ':'}${version}`, image: config.config };
}
