import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createProcessRunner } from '../../app/runners/process/process-runner.js';
import { findEngine } from '../../app/engine/address.js';
import { docker, dockerImage, realEngine } from './docker-images.js';
import { type EngineGate, startEngineGate } from './engine-gate.js';
import { startFakeEngine } from './fake-engine.js';
import { filesIn } from './files-in.js';
import { serverOf, SUPERVISOR } from './programs.js';
import { runPreview } from './run-preview.js';
import { runProgram } from './run-program.js';
import { pushSaved, savedImage } from './saved-image.js';

/** A deployment that holds something at a target. */
export interface Held {
  readonly slug: string;
  readonly generation: number;
  readonly deploymentId: string;
}

interface RunAsked {
  readonly number: number;
  /** Called between the upload of what was built and its start. */
  readonly pushed?: () => Promise<void>;
}

type Where = Parameters<typeof runProgram>[0];

/** The server, to which things in a shared engine belong. */
interface Server {
  readonly url: string;
  readonly dataDir: string;
}

/** What stories about crashes need of a target that starts programs. */
export interface CrashStage extends AsyncDisposable {
  /** What the operator sets for it. */
  readonly env: Readonly<Record<string, string>>;
  /** Before its engine; null where there is none. */
  readonly gate: EngineGate | null;
  /** A site that shows this text. */
  files(text: string): Readonly<Record<string, string>>;
  /** A workflow run, which asks again while no server answers. */
  run(where: Where, asked: RunAsked): Promise<{ readonly exitCode: number; readonly log: string }>;
  held(server: Server): Promise<readonly Held[]>;
  /** Everything that the server made and that is still there, by name. */
  left(server: Server): Promise<readonly string[]>;
}

const page = (text: string) => ({ 'index.html': `<h1>${text}</h1>\n` });

const heldBy = (labels: Readonly<Record<string, string>>): Held => ({
  slug: labels['vitrine.environment'] ?? '',
  generation: Number(labels['vitrine.generation']),
  deploymentId: labels['vitrine.deployment'] ?? '',
});

/** The containers of a deployment hold it together. */
function withoutDoubles(all: readonly Held[]): Held[] {
  return [...new Map(all.map((one) => [one.deploymentId, one])).values()];
}

/** The engine is that of the tests. */
export async function openFakeDocker(): Promise<CrashStage> {
  const fake = await startFakeEngine();
  const gate = await startEngineGate(fake.address);
  return {
    env: { DOCKER_HOST: gate.dockerHost },
    gate,
    files: page,
    run: (where, asked) => runProgram(where, { ...asked, target: 'docker' }),
    held: async () => fake.containers().map(heldBy),
    left: async () => [
      ...fake.containers().map((labels) => `container of ${labels['vitrine.environment'] ?? ''}`),
      ...fake.networks().map((name) => `network ${name}`),
      ...fake.images().map((name) => `image ${name}`),
    ],
    async [Symbol.asyncDispose]() {
      await gate[Symbol.asyncDispose]();
      await fake[Symbol.asyncDispose]();
    },
  };
}

/** Two services, one with a volume. */
export const COMPOSE_FILE = `
services:
  web:
    build: .
    expose: [3000]
    depends_on: [helper]
  helper:
    build: .
    environment: { PORT: "3001" }
    volumes: ["data:/data"]
volumes:
  data:
`;

/** A real engine. */
export async function openRealDocker(target: 'docker' | 'compose'): Promise<CrashStage> {
  const engine = realEngine();
  const found = findEngine(process.env['DOCKER_HOST']);
  if ('missing' in found) throw new Error(found.missing);
  const gate = await startEngineGate(found.address);
  const env = (name: string) => process.env[name] ?? '';
  const services = target === 'compose' ? ['/web', '/helper'] : [''];
  return {
    env: { DOCKER_HOST: gate.dockerHost, DOCKER_CONFIG: env('DOCKER_CONFIG'), PATH: env('PATH') },
    gate,
    files: page,
    run: (where, asked) =>
      runProgram(where, {
        ...{ ...asked, target },
        ...(target === 'compose' && { file: COMPOSE_FILE, services: ['web', 'helper'] }),
        async push(program, { url, begun }) {
          const image = await savedImage(await dockerImage(program, ['EXPOSE 3000']));
          for (const service of services) {
            const repository = `${begun.plan.registry?.repository ?? ''}${service}`;
            await pushSaved(image, { url, token: begun.token, repository });
          }
          return image.manifest.digest;
        },
      }),
    async held({ url }) {
      const containers = await engine.containers({ 'vitrine.server': url, 'vitrine.target': target });
      return withoutDoubles(containers.map(({ labels }) => heldBy(labels)));
    },
    left: ({ url }) => leftInEngine(docker, url),
    [Symbol.asyncDispose]: () => gate[Symbol.asyncDispose](),
  };
}

/** What a server made in an engine, and what the engine pulled from it. */
export async function leftInEngine(command: typeof docker, server: string): Promise<readonly string[]> {
  const ours = ['--filter', `label=vitrine.server=${server}`];
  const registry = `image 127.0.0.1:${new URL(server).port}/`;
  const lists = [
    command('ps', '--all', ...ours, '--format', 'container {{.Names}}'),
    command('network', 'ls', ...ours, '--format', 'network {{.Name}}'),
    command('volume', 'ls', ...ours, '--format', 'volume {{.Name}}'),
    command('image', 'ls', '--digests', '--format', 'image {{.Repository}}@{{.Digest}}'),
  ];
  const all = (await Promise.all(lists)).flatMap((list) => list.split('\n').filter(Boolean));
  return all.filter((name) => !name.startsWith('image ') || name.startsWith(registry));
}

const LATE = 'while-it-starts';

/** Its first start takes a moment, so that a test can meet it before it answers. */
const LATE_SERVER = serverOf(
  "require('node:fs').readFileSync('index.html', 'utf8')",
  `const fs = require('node:fs');
   if (!fs.existsSync('${LATE}')) {
     fs.writeFileSync('${LATE}', '');
     Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
   }`,
);

async function programsIn(dataDir: string): Promise<readonly Held[]> {
  const runner = createProcessRunner({ dataDir, supervisor: SUPERVISOR });
  const ids: Held[] = [];
  for await (const id of runner.list()) ids.push(id);
  return ids;
}

/** Programs, and the ports and locks that they had. */
export async function leftOfProcesses(dataDir: string): Promise<readonly string[]> {
  const programs = (await programsIn(dataDir)).map(({ slug }) => `program ${slug}`);
  const files = ['program-ports', 'program-locks'].flatMap((folder) =>
    filesIn(join(dataDir, folder)).map((name) => `${folder}/${name}`),
  );
  return [...programs, ...files];
}

/** Child processes of the server. */
export async function openProcesses(): Promise<CrashStage> {
  return {
    env: {},
    gate: null,
    files: (text) => ({
      ...page(text),
      '.github/preview.yml': 'target: node\n',
      'package.json': '{ "scripts": { "start": "node server.js" } }\n',
      'server.js': LATE_SERVER,
    }),
    run: (where, { number }) => runPreview(where, { number }),
    held: ({ dataDir }) => programsIn(dataDir),
    left: ({ dataDir }) => leftOfProcesses(dataDir),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** How many programs of `openProcesses` there are that began their first start. */
export async function startedIn(dataDir: string): Promise<number> {
  const held = await programsIn(dataDir);
  const folders = held.map((one) => `${one.slug}-g${String(one.generation)}-${one.deploymentId}`);
  return folders.filter((folder) => existsSync(join(dataDir, 'programs', folder, 'app', LATE))).length;
}
