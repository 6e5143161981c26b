import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { eventually } from '../../../demo/expect.js';
import { visit } from '../../../demo/visit.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { COMPOSE_FILE, leftInEngine, leftOfProcesses } from '../../support/crash-stages.js';
import { docker, dockerImage } from '../../support/docker-images.js';
import { filesIn } from '../../support/files-in.js';
import type { OwnEngine } from '../../support/own-engine.js';
import { serverOf } from '../../support/programs.js';
import { runPreview } from '../../support/run-preview.js';
import { runProgram } from '../../support/run-program.js';
import { pushSaved, savedFile, type SavedImage, savedImage } from '../../support/saved-image.js';
import { REPOSITORY } from '../../support/start-world.js';
import { type CrashScene, withCrash } from '../../support/with-crash.js';

interface Loop {
  /** Of all choices that are made by chance. */
  readonly seed: number;
  readonly environments: number;
  /** How many are there at the same time. */
  readonly atOnce: number;
  readonly engine: Pick<OwnEngine, 'dockerHost' | 'docker'> & Partial<Pick<OwnEngine, 'kill' | 'start'>>;
}

/** What happened, for who reads the result of a long form. */
export interface LoopCount {
  readonly live: number;
  readonly serverKills: number;
  readonly engineKills: number;
}

type Chance = () => number;

/** Numbers from 0 to 1 that are the same for a seed: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const KINDS = ['docker', 'compose', 'docker', 'node', 'compose'] as const;
const TEXT = 'In a loop';
const FILES = {
  'index.html': `<h1>${TEXT}</h1>\n`,
  'package.json': '{ "scripts": { "start": "node server.js" } }\n',
  'server.js': serverOf("require('node:fs').readFileSync('index.html', 'utf8')"),
};
const SWEEP_MS = 2_000;

const ours = () => dockerImage(['serve', TEXT], ['EXPOSE 3000']);
const theirImage = () => dockerImage(['serve', 'mine']);

/** While the engine that builds them is alone: another one on the same machine takes its bridge away. */
export async function buildImages(): Promise<void> {
  await ours();
  await theirImage();
}

/**
 * Environments come and go, several at once, while server and engine are killed again and again. In the end nothing of them may be left,
 * and what the user of the machine has must be as it was.
 */
export async function playLoop(loop: Loop): Promise<LoopCount> {
  const { engine } = loop;
  const env = (name: string) => process.env[name] ?? '';
  const image = await savedImage(await ours());
  const theirs = await makeTheirs(engine);
  const more = { DOCKER_HOST: engine.dockerHost, DOCKER_CONFIG: env('DOCKER_CONFIG'), PATH: env('PATH') };
  const count = { live: 0, serverKills: 0, engineKills: 0 };
  try {
    await withCrash({ point: null, files: FILES, env: more }, async (scene) => {
      // Those of the tests themselves: the system may give them ports of the same range.
      const played = { loop, scene, image, count, ports: new Set(listeningPorts()) };
      await playAllWhileKilled(played);
      await expectNothingLeft(played);
      expect(await theirs.look()).toEqual(theirs.before);
    });
  } finally {
    await theirs.remove();
  }
  return count;
}

interface Played {
  readonly loop: Loop;
  readonly scene: CrashScene;
  readonly image: SavedImage;
  readonly ports: ReadonlySet<number>;
  readonly count: { live: number; serverKills: number; engineKills: number };
}

async function playAllWhileKilled(played: Played): Promise<void> {
  const began = performance.now();
  await playOne(played, 0);
  const over = new AbortController();
  const killing = killByChance(played, { usualMs: performance.now() - began, over: over.signal });
  try {
    await playAll(played);
  } finally {
    over.abort();
    await killing;
  }
}

async function playAll(played: Played): Promise<void> {
  const { environments, atOnce } = played.loop;
  // One was played before anything was killed.
  let next = 1;
  const lane = async () => {
    while (next < environments) await playOne(played, next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** A pull request is opened, deployed, perhaps visited and pushed to, and closed: perhaps before its run has ended. */
async function playOne(played: Played, index: number): Promise<void> {
  const { scene, loop, count } = played;
  const chance = chanceOf(loop.seed * 1_000 + index);
  const kind = KINDS[index % KINDS.length] ?? 'docker';
  const branch = `loop-${String(index)}`;
  const { pullRequest } = await scene.github.openPullRequest({ repository: REPOSITORY, head: branch });
  const { number } = pullRequest;
  const isImpatient = index > 0 && chance() < 0.3;
  const closeAfterMs = chance() * 6_000;
  const running = run(played, { kind, number });
  if (isImpatient) await Promise.race([pause(closeAfterMs), running]);
  else if (await running) {
    count.live += 1;
    const [environment] = await scene.app.ports.environments.ofPullRequest(scene.repoId(), number);
    // The server may be killed at this moment.
    await visit(environment?.url ?? '').catch(() => undefined);
    if (chance() < 0.4) {
      await scene.github.push({ repository: REPOSITORY, branch, files: { 'more.txt': branch } });
      if (await run(played, { kind, number })) count.live += 1;
    }
  }
  scene.github.closePullRequest({ repository: REPOSITORY, number });
  // The run of a closed pull request ends by itself.
  await running;
}

interface Run {
  readonly kind: (typeof KINDS)[number];
  readonly number: number;
}

/** Whether its preview went live. A run may fail: its program may start at the moment when the engine is killed. */
async function run({ scene, image }: Played, { kind, number }: Run): Promise<boolean> {
  const ran =
    kind === 'node'
      ? runPreview(scene, { number, inputs: { target: 'node' } })
      : runProgram(scene, {
          ...{ number, target: kind },
          ...(kind === 'compose' && { file: COMPOSE_FILE, services: ['web', 'helper'] }),
          async push(_program, { url, begun }) {
            const to = { url, token: begun.token };
            const repository = begun.plan.registry?.repository ?? '';
            if (kind === 'docker') return pushSaved(image, { ...to, repository });
            await pushSaved(image, { ...to, repository: `${repository}/helper` });
            return pushSaved(image, { ...to, repository: `${repository}/web` });
          },
        });
  return ran.then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
}

interface Killing {
  /** How long one environment takes on this machine when nothing is killed: kills must leave time for some progress. */
  readonly usualMs: number;
  readonly over: AbortSignal;
}

/** One after the other, so that the server always finds the engine again. */
async function killByChance({ loop, scene, count }: Played, { usualMs, over }: Killing): Promise<void> {
  const chance = chanceOf(loop.seed);
  while (!over.aborted) {
    await pause(chance() * 2 * usualMs, undefined, { signal: over }).catch(() => undefined);
    if (over.aborted) return;
    const { kill, start } = loop.engine;
    if (kill && start && chance() < 0.3) {
      await kill();
      await pause(chance() * 1_000);
      await start();
      count.engineKills += 1;
    }
    await scene.kill();
    await scene.restart({ sweepEveryMs: SWEEP_MS });
    count.serverKills += 1;
  }
}

const PATIENCE_MS = 2 * 60_000;

/** Two hours later, when nothing can still be on its way. */
async function expectNothingLeft({ loop, scene, ports }: Played): Promise<void> {
  await scene.kill();
  await scene.restart({ sweepEveryMs: SWEEP_MS, aheadMs: 2 * 60 * 60_000 });
  const url = scene.app.url;
  const look = async () => {
    const { items } = await scene.app.ports.environments.list({}, { limit: 100 });
    return {
      environments: items.flatMap(({ slug, status, resources, due }) =>
        status === ENVIRONMENT_STATUS.destroyed && resources.length === 0
          ? []
          : [{ slug, status, why: due.teardown.error }],
      ),
      engine: await leftInEngine(loop.engine.docker, url),
      processes: await leftOfProcesses(scene.dataDir),
      ports: listeningPorts().filter((port) => !ports.has(port)),
      blobs: filesIn(join(scene.dataDir, 'blobs')),
      uploads: filesIn(join(scene.dataDir, 'image-uploads')),
    };
  };
  await eventually(look, {
    until: (left) => Object.values(left).every(({ length }) => length === 0),
    otherwise: 'Nothing should be left.',
    deadlineMs: PATIENCE_MS,
  });
}

/** Of this machine, in the range that programs get. */
function listeningPorts(): readonly number[] {
  const rows = ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/net/${name}`, 'utf8').split('\n').slice(1),
  );
  const ports = rows.flatMap((row) => {
    const [, local = '', , state] = row.trim().split(/\s+/);
    return state === '0A' ? [Number.parseInt(local.split(':').at(-1) ?? '', 16)] : [];
  });
  return ports.filter((port) => port >= 30_000 && port <= 39_999);
}

/** What the user of the machine has, some of it under names and labels like those of previews. */
async function makeTheirs({ docker: command }: Loop['engine']) {
  const reference = await theirImage();
  if (command !== docker) await moveImage(reference, command);
  const labels = [
    '--label',
    'vitrine.server=http://another.example',
    '--label',
    'vitrine.environment=pr-1-hello',
  ];
  await command('network', 'create', '--subnet', '10.99.0.0/24', ...labels, 'vitrine-theirs');
  await command('volume', 'create', ...labels, 'vitrine-data');
  const on = ['--network', 'vitrine-theirs', '--volume', 'vitrine-data:/data', '--env', 'PORT=80'];
  await command('create', '--name', 'vitrine-mine', ...labels, ...on, reference);
  await command('run', '--detach', '--restart', 'always', '--name', 'vitrine-web', ...on, reference);
  const look = async () => {
    const lists = [
      command('ps', '--all', '--no-trunc', '--format', 'container {{.ID}} {{.Names}}'),
      command('network', 'ls', '--no-trunc', '--format', 'network {{.ID}} {{.Name}}'),
      command('volume', 'ls', '--format', 'volume {{.Name}}'),
      command('image', 'ls', '--no-trunc', '--format', 'image {{.ID}} {{.Repository}}:{{.Tag}}'),
    ];
    const all = (await Promise.all(lists)).flatMap((list) => list.split('\n').filter(Boolean)).sort();
    return [
      ...all,
      await command('inspect', '--format', '{{.Name}} runs: {{.State.Running}}', 'vitrine-web'),
    ];
  };
  return {
    before: await look(),
    look,
    async remove() {
      await command('rm', '--force', '--volumes', 'vitrine-mine', 'vitrine-web');
      await command('network', 'rm', 'vitrine-theirs');
      await command('volume', 'rm', 'vitrine-data');
    },
  };
}

/** From the engine of the tests to another one. */
async function moveImage(reference: string, command: Loop['engine']['docker']): Promise<void> {
  const { path, remove } = await savedFile(reference);
  await command('load', '--input', path);
  await remove();
}
