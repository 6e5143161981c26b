import { availableParallelism } from 'node:os';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluate, readManifest } from '../../demo/runner/action-manifest.js';
import { alternate, type Figures } from '../harness/alternate.js';
import { createPin } from '../harness/cores.js';
import type { Bench, Outcome, Setting } from '../harness/setting.js';
import { median } from '../harness/statistics.js';
import { answerAll } from './answers.js';
import { bundleSize } from './bundle-size.js';
import { ALONE, BARE, EMPTY, rowsOf, SERVER } from './rows.js';
import { createStopwatch, type SpawnTime, type Stopwatch } from './spawn-time.js';
import { stepEnvironment } from './step-environment.js';

export const action: Bench = {
  summary: 'from the start of the Action to its first request, and the size of its bundle (P5, P6)',
  rounds: { full: 15, short: 2 },
  run,
};

interface Program {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

async function run(setting: Setting): Promise<Outcome> {
  const pin = createPin(setting.find, availableParallelism());
  const stopwatch = await createStopwatch({ answer: answerAll, pin });
  try {
    const programs = await programsFor(setting, stopwatch.port);
    const repeats = setting.size === 'full' ? 5 : 3;
    const samples = await alternate({
      names: [...programs.keys()],
      rounds: setting.rounds,
      measure: (name) =>
        measure(stopwatch, { name, program: programs.get(name) ?? { args: [], env: {} }, repeats }),
    });
    return { rows: rowsOf(samples, await bundleSize(join(setting.root, 'dist'))), notes: NOTES };
  } finally {
    await stopwatch.close();
  }
}

async function programsFor({ scratch, env, root }: Setting, port: number): Promise<Map<string, Program>> {
  const folder = await scratch.memory('action');
  const empty = join(folder, 'empty.cjs');
  const bare = join(folder, 'bare.cjs');
  await writeFile(empty, '');
  await writeFile(
    bare,
    `require('node:http').get('http://127.0.0.1:${port}/', (answer) => answer.resume());\n`,
  );
  const dist = join(root, 'dist/index.js');
  const { defaults } = await readManifest(root);
  const usual = Object.fromEntries(
    Object.entries(defaults).map(([name, text]) => [name, evaluate(text, { token: 'ghs_of_the_job' })]),
  );
  const step = async (name: string, inputs: Record<string, string>): Promise<Program> => ({
    args: [dist],
    env: {
      ...env,
      ...(await stepEnvironment({ folder: join(folder, name), port, inputs: { ...usual, ...inputs } })),
    },
  });
  const here = `http://127.0.0.1:${port}`;
  return new Map([
    [EMPTY, { args: [empty], env }],
    [BARE, { args: [bare], env }],
    [SERVER, await step('server', { 'server-url': here })],
    [ALONE, await step('alone', { url: `${here}/preview` })],
  ]);
}

interface Measured {
  readonly name: string;
  readonly program: Program;
  readonly repeats: number;
}

async function measure(stopwatch: Stopwatch, { name, program, repeats }: Measured): Promise<Figures> {
  // The first start brings the files into the system's cache.
  await timed(stopwatch, { name, program });
  const times: SpawnTime[] = [];
  for (let index = 0; index < repeats; index += 1) times.push(await timed(stopwatch, { name, program }));
  const first = times.flatMap(({ firstRequest }) => firstRequest ?? []);
  return {
    exit: median(times.map(({ exit }) => exit)),
    after: median(times.map(({ afterLastAnswer }) => afterLastAnswer)),
    ...(first.length === 0 ? {} : { first: median(first) }),
  };
}

async function timed(stopwatch: Stopwatch, { name, program }: Omit<Measured, 'repeats'>): Promise<SpawnTime> {
  const time = await stopwatch.time(program);
  if (time.code === 0 && (name === EMPTY || time.firstRequest !== undefined)) return time;
  throw new Error(`${name} ended with ${time.code}: ${time.output.slice(-2000)}`);
}

const NOTES = [
  'Each figure of a round is the median of five starts of dist/index.js (three in the short form), as GitHub runs it: with its variables, its files and every input that action.yml declares, and without NODE_EXTRA_CA_CERTS and NODE_OPTIONS.',
  "With a server the first request asks for the identity token; without one it is the first call of GitHub's API.",
];
