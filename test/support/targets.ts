import { createProcessRunner } from '../../app/runners/process/process-runner.js';
import { VitrineError } from '../../src/shared/errors.js';
import { type Commands, commandVerbs, createCommandTarget } from '../../src/targets/command/command.js';
import { createDockerEngine } from '../../app/engine/docker-engine.js';
import { createDockerTarget } from '../../src/targets/docker/docker.js';
import { createNodeContainerTarget } from '../../src/targets/node/container.js';
import { createNodeTarget } from '../../src/targets/node/node.js';
import { createStaticTarget } from '../../src/targets/static/static.js';
import { testTarget } from '../contracts/target-contract.js';
import type { TargetStage } from '../journeys/plays/targets.js';
import { release as releaseWith } from './builders.js';
import { startDirectoryHost } from './directory-host.js';
import { dockerParts, nodeContainerParts } from './docker-parts.js';
import { startFakeEngine } from './fake-engine.js';
import { createMemoryCommandRecords } from './memory-command-records.js';
import { createMemoryStaticHosting } from './memory-static-hosting.js';
import { buildOf, openProgramGround, serverOf, SUPERVISOR } from './programs.js';
import { runProgram } from './run-program.js';

type Fault = 'retriable' | 'final';

const release = async (slug: string, generation: number) =>
  releaseWith({ slug, generation, artifact: String(generation % 10).repeat(64) });

export const staticTarget = {
  name: 'static',
  badOptions: [null, 'spa', { spa: 'yes' }, { sap: true }],
  create: async () => {
    const hosting = createMemoryStaticHosting();
    return {
      target: createStaticTarget({ hosting }),
      release,
      options: { spa: false },
      credentials: { token: 'canary-credential' },
      secrets: ['canary-variable', 'canary-credential'],
      failNext: hosting.failNext,
      visit: async () => 200,
    };
  },
};

/** A host with a command line, where a name belongs to one preview. */
function createHost() {
  const there = new Set<string>();
  const faults: Fault[] = [];
  const commands: Commands = {
    health: { healthPath: '/' },
    async deploy({ slug }, run) {
      run.signal.throwIfAborted();
      const fault = faults.shift();
      if (fault !== undefined)
        throw new VitrineError(fault === 'final' ? 'unprocessable' : 'unavailable', 'The host refused.');
      there.add(slug);
      return { url: `http://${slug}.host.example`, handle: { name: slug } };
    },
    async destroy({ slug }) {
      there.delete(slug);
    },
  };
  const visit = async (page: string) => (there.has(new URL(page).hostname.split('.')[0] ?? '') ? 200 : 404);
  return { commands, visit, failNext: (kind: Fault) => void faults.push(kind) };
}

const commandTarget = {
  name: 'command',
  badOptions: [null, 'deploy', { deploy: './deploy.sh' }],
  create: async () => {
    const records = createMemoryCommandRecords();
    const { commands, visit, failNext } = createHost();
    return {
      target: { ...createCommandTarget({ records }), ...commandVerbs({ commands, journal: records }) },
      release,
      options: {},
      credentials: undefined,
      secrets: ['canary-variable', 'canary-secret'],
      failNext,
      visit,
    };
  },
};

const HELLO_IMAGE = 'vitrine-test:hello';

const dockerTarget = {
  name: 'docker',
  badOptions: [null, 'root', { writable: 'yes' }, { privileged: true }],
  prints: ['serving hello'],
  create: async () => {
    const fake = await startFakeEngine();
    fake.addImage(HELLO_IMAGE, { Cmd: ['serve', 'hello'] });
    const image = { kind: 'external', reference: HELLO_IMAGE, auth: null } as const;
    return {
      target: createDockerTarget(dockerParts({ engine: createDockerEngine(fake.address) })),
      release: async (slug: string, generation: number) =>
        releaseWith({ slug, generation, deploymentId: `${slug}-${generation}`, image }),
      options: { writable: false, root: false },
      credentials: undefined,
      secrets: ['canary-variable', 'canary-secret'],
      failNext: fake.failNext,
      visit: async () => 200,
      close: async () => fake[Symbol.asyncDispose](),
    };
  },
};

/** Real programs of the process runner. One that must fail prints all it has before it ends. */
const nodeTarget = {
  name: 'node',
  badOptions: [null, 'start', { start: 'node server.js' }],
  prints: ['begun', 'at once'],
  create: async () => {
    const ground = await openProgramGround();
    const faults: Fault[] = [];
    const builds = {
      async open() {
        const fault = faults.shift();
        if (fault === 'retriable') throw new VitrineError('unavailable', 'The disk is away.');
        const broken = 'console.log(JSON.stringify(process.env)); process.exit(7);';
        const works = serverOf("'hello'", "console.log('begun'); console.error('at once');");
        return buildOf({ 'server.js': fault === 'final' ? broken : works });
      },
    };
    const urlOf = (slug: string) => `http://${slug}.localhost`;
    return {
      target: createNodeTarget({ runner: ground.runner, builds, urlOf }),
      release,
      options: {},
      credentials: undefined,
      secrets: ['canary-variable', 'canary-secret'],
      failNext: (kind: Fault) => void faults.push(kind),
      visit: async () => 200,
      close: async () => ground[Symbol.asyncDispose](),
    };
  },
};

/** The base image of programs in containers, for the engine of the tests. */
export const FAKE_BASE = 'vitrine-test-node';

/** The same target, where an engine runs the programs. It runs none of the build: it shows its page. */
export const nodeInContainer = {
  name: 'node in a container',
  badOptions: [null, 'root', { writable: 'yes' }, { privileged: true }],
  prints: ['running server.js'],
  create: async () => {
    const fake = await startFakeEngine();
    fake.addImage(`${FAKE_BASE}:24`, { Cmd: ['serve', 'base'] });
    return {
      target: createNodeContainerTarget(
        nodeContainerParts({ engine: createDockerEngine(fake.address), baseImage: `${FAKE_BASE}:{version}` }),
      ),
      release,
      options: { writable: false, root: false },
      credentials: undefined,
      secrets: ['canary-variable', 'canary-secret'],
      failNext: fake.failNext,
      visit: async () => 200,
      close: async () => fake[Symbol.asyncDispose](),
    };
  },
};

async function openFiles(): Promise<TargetStage> {
  return {
    kind: 'files',
    inputs: {},
    removedByRun: false,
    async held({ app }) {
      const { items } = await app.ports.environments.list({}, { limit: 100 });
      return items.flatMap(({ slug, resources }) => (resources.length > 0 ? [slug] : []));
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function openHost(): Promise<TargetStage> {
  const host = await startDirectoryHost();
  return {
    kind: 'elsewhere',
    inputs: host.inputs,
    removedByRun: true,
    held: async () => host.held(),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

/** The engine is that of the tests; the registry, the pull and the proxy are real. */
async function openEngine(): Promise<TargetStage> {
  const fake = await startFakeEngine();
  return {
    kind: 'upstream',
    inputs: {},
    env: { DOCKER_HOST: fake.dockerHost },
    run: (world, asked) => runProgram(world, { ...asked, target: dockerTarget.name }),
    removedByRun: false,
    held: async () => fake.containers().map((labels) => labels['vitrine.environment'] ?? ''),
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  };
}

/** The site is a program, which shows the page beside it. */
export const siteProgram = (text: string) => ({
  '.github/preview.yml': `target: ${nodeTarget.name}\n`,
  'index.html': `<h1>${text}</h1>\n`,
  'package.json': '{ "scripts": { "start": "node server.js" } }\n',
  'server.js': serverOf("require('node:fs').readFileSync('index.html', 'utf8')"),
});

async function openPrograms(): Promise<TargetStage> {
  return {
    kind: 'upstream',
    inputs: {},
    files: siteProgram,
    removedByRun: false,
    async held({ dataDir }) {
      const runner = createProcessRunner({ dataDir, supervisor: SUPERVISOR });
      const slugs: string[] = [];
      for await (const { slug } of runner.list()) slugs.push(slug);
      return slugs;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Every target. The contract suite and the journeys go through this list. */
export const TARGETS = [
  { name: staticTarget.name, contract: () => testTarget(staticTarget), open: openFiles },
  { name: commandTarget.name, contract: () => testTarget(commandTarget), open: openHost },
  { name: dockerTarget.name, contract: () => testTarget(dockerTarget), open: openEngine },
  { name: nodeTarget.name, contract: () => testTarget(nodeTarget), open: openPrograms },
] as const;
