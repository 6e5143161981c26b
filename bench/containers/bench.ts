import { alternate, type Figures, type Samples } from '../harness/alternate.js';
import { compare, type Row } from '../harness/compare.js';
import { freePort } from '../harness/free-port.js';
import type { Bench, Outcome, Setting } from '../harness/setting.js';
import { buildImage, type Docker, dockerOf, IMAGE, PORT, timed, untilAnswered } from './docker.js';
import { startServer, type Server } from './ours.js';

export const containers: Bench = {
  summary:
    'from the request to start an image until it is live, and its wake, against docker run and start (P20)',
  rounds: { full: 7, short: 1 },
  needs: {
    docker: 'install Docker, and set DOCKER_HOST where its socket is another one',
    busybox: 'apt-get install busybox-static',
  },
  run,
};

const OURS = 'ours';
const DOCKER = 'docker run and docker start';

async function run(setting: Setting): Promise<Outcome> {
  const docker = dockerOf(setting);
  await buildImage(setting, docker);
  const server = await startServer(setting, docker);
  const measures: Readonly<Record<string, (round: number) => Promise<Figures>>> = {
    [OURS]: (round) => measureOurs(server, round),
    [DOCKER]: () => measureDocker(docker),
  };
  try {
    // The first container of an engine takes longer than every other one.
    await measureDocker(docker);
    await measureOurs(server, setting.rounds);
    const samples = await alternate({
      names: [OURS, DOCKER],
      rounds: setting.rounds,
      async measure(name, round) {
        const figures = (await measures[name]?.(round)) ?? {};
        const said = Object.entries(figures).map(([what, figure]) => `${what} ${figure.toFixed(3)} s`);
        setting.say(`round ${String(round + 1)}: ${name}: ${said.join(', ')}`);
        return figures;
      },
    });
    return { rows: rowsOf(samples), notes: NOTES };
  } finally {
    await server.remove();
    await docker('image', 'rm', '--force', IMAGE);
  }
}

/** A pull request of its own each time: the first deployment makes the network too. */
async function measureOurs(server: Server, round: number): Promise<Figures> {
  const preview = await server.prepare(round + 1);
  const start = await timed(preview.start);
  await server.fallAsleep();
  const wake = await timed(preview.visit);
  return { start, wake };
}

async function measureDocker(docker: Docker): Promise<Figures> {
  const port = await freePort();
  const at = { port, host: `localhost:${String(port)}` };
  let container = '';
  try {
    const start = await timed(async () => {
      container = await docker(
        'run',
        '--detach',
        '--publish',
        `127.0.0.1:${String(port)}:${String(PORT)}`,
        IMAGE,
      );
      await untilAnswered(at);
    });
    await docker('stop', '--time', '1', container);
    const wake = await timed(async () => {
      await docker('start', container);
      await untilAnswered(at);
    });
    return { start, wake };
  } finally {
    if (container !== '') await docker('rm', '--force', container);
  }
}

const ASKED = [
  { figure: 'start', what: 'from the request to start it until it is live', most: 1.5 },
  { figure: 'wake', what: 'from a visit to its answer, asleep', most: 0.3 },
] as const;

function rowsOf(samples: Samples): Row[] {
  return ASKED.flatMap(({ figure, what, most }) => {
    const against = figure === 'start' ? 'docker run' : 'docker start';
    const asked = { id: 'P20', what, unit: 's', ours: samples.of(OURS, figure), against } as const;
    return compare({ ...asked, theirs: samples.of(DOCKER, figure), goal: { of: 'difference', most } });
  });
}

const NOTES = [
  'One image for both, whose program answers at once. Both end at the first answer with 200 of the program.',
  'Ours: the requests that the Action sends once it has pushed the image (start the program, ask until it has started, report that it succeeded), and a visit to the address of the preview. The engine asks the registry of the server for the image and has its layers already. Each time it is the first deployment of a pull request, which also makes a network. The push, which is in the benchmark "registry", is not in it.',
  'docker: `docker run --detach --publish`, and `docker start`, as programs of their own, on the network that the engine has.',
  'Nothing is bound to one core: most of the work is done by the engine.',
];
