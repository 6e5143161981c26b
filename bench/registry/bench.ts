import { startProxy } from '../counting-proxy/start-proxy.js';
import { startDatabase } from '../database/database.js';
import { startMockGitHub } from '../github/mock-github.js';
import { alternate, type Figures, type Samples } from '../harness/alternate.js';
import { compare, type Comparison, type Row } from '../harness/compare.js';
import { memoryOf } from '../harness/memory.js';
import type { Bench, Outcome, Setting } from '../harness/setting.js';
import { type Images, writeImages } from './image.js';
import { dockerRegistry, ours, type RegistryStage, type StartRegistry } from './registries.js';
import { pull, push } from './skopeo.js';

export const registry: Bench = {
  summary: 'push and pull of an image, against docker-registry (P18)',
  rounds: { full: 7, short: 1 },
  needs: { skopeo: 'apt-get install skopeo' },
  run,
};

const OURS = 'ours';
const PEER = 'docker-registry';
const STARTS: Readonly<Record<string, StartRegistry>> = { [OURS]: ours, [PEER]: dockerRegistry };

async function run(setting: Setting): Promise<Outcome> {
  const images = await writeImages(setting);
  const database = await startDatabase(setting);
  const github = await startMockGitHub(setting, { delayMs: 0, limits: 'off' });
  const proxy = await startProxy(setting);
  const samples = await alternate({
    names: [OURS, ...(setting.find(PEER) === null ? [] : [PEER])],
    rounds: setting.rounds,
    async measure(name, round) {
      const stage = { setting, database, github, round, proxy, images };
      const figures = await measure(stage, STARTS[name] ?? ours);
      const said = Object.entries(figures).map(([what, figure]) => `${what} ${figure.toFixed(3)}`);
      setting.say(`round ${round + 1}: ${name}: ${said.join(', ')}`);
      return figures;
    },
  });
  await database.stop();
  return { rows: rowsOf(samples, images), notes: NOTES };
}

interface Stage extends RegistryStage {
  readonly images: Images;
  readonly proxy: Awaited<ReturnType<typeof startProxy>>;
}

async function measure({ images, proxy, ...stage }: Stage, start: StartRegistry): Promise<Figures> {
  const { setting } = stage;
  const server = await start(stage);
  try {
    await push(setting, server, images.small);
    await pull(setting, server, images.small);
    const memory = memoryOf(server.pid);
    await memory.rest();
    const first = await push(setting, server, images.first);
    const again = await push(setting, server, images.first);
    const pulled = await pull(setting, server, images.first);
    await proxy.target(server.port);
    await proxy.count();
    const changed = await push(setting, { ...server, port: proxy.port }, images.changed);
    const { up, down } = await proxy.count();
    return { first, again, changed, pulled, bytes: up + down, memory: await memory.growth() };
  } finally {
    await server.stop();
  }
}

type Asked = Pick<Comparison, 'what' | 'unit' | 'goal'> & { readonly figure: string };

const ratio = (most: number) => ({ of: 'ratio', most }) as const;

const ASKED: readonly Asked[] = [
  { figure: 'first', what: 'first push', unit: 's', goal: ratio(1.3) },
  { figure: 'again', what: 'the same image again', unit: 's', goal: ratio(1.1) },
  { figure: 'changed', what: 'push after a changed line', unit: 's' },
  { figure: 'pulled', what: 'pull', unit: 's', goal: ratio(1.2) },
  {
    figure: 'memory',
    what: 'memory of the server above idle',
    unit: 'bytes',
    goal: { of: 'figure', most: 150 * 1024 ** 2 },
  },
];

function rowsOf(samples: Samples, { changed }: Images): Row[] {
  const rows = ASKED.map(({ figure, ...asked }) =>
    compare({
      ...asked,
      id: 'P18',
      ours: samples.of(OURS, figure),
      against: PEER,
      theirs: samples.against(PEER, figure),
    }),
  );
  const bytes = samples.of(OURS, 'bytes');
  const moved = compare({
    id: 'P18',
    what: 'push after a changed line: bytes both ways',
    unit: 'bytes',
    ours: bytes,
    against: 'floor: its layer',
    theirs: bytes.map(() => changed.lastBytes),
    goal: ratio(1.02),
  });
  return [...rows, moved];
}

const NOTES = [
  'The client is skopeo for both, in a process of its own, from its start to its end: a real client, which people and workflows use, and which checks every digest. It knows nothing of earlier pushes. Ours asks it for a token first, as docker login does; docker-registry asks for none.',
  'An image of 166 MiB in seven layers that cannot be compressed; files of both servers are in memory. The changed line is in a layer of 10 MiB; this push goes through a counting proxy.',
  'Memory is the most that the process of the server held during all of this, above what it held before, counted by the kernel.',
];
