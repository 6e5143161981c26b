import { hash as hashOnce } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type NamedImage, startProgram } from '../../src/runs/start-program.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Deployed, Release, Run, ServerTarget } from '../../src/targets/target.js';
import { packsFor, planUpload } from '../../src/uploads/client/packs.js';
import { receivePack, receivePlan } from '../../src/uploads/receive.js';
import { registryClient, layer } from '../support/push-image.js';
import { begin, type Begun } from '../support/run-by-hand.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

type Play = (release: Release, run: Run) => Promise<void>;

const REACH = { kind: 'upstream', host: '127.0.0.1', port: 30_000 } as const;

/** A target that starts what `play` says. */
function playing(takes: 'files' | 'image' | 'compose') {
  const releases: Release[] = [];
  const plays: Play[] = [];
  const deploy = async (release: Release, _options: unknown, run: Run): Promise<Deployed<unknown>> => {
    releases.push(release);
    await plays.shift()?.(release, run);
    const { slug, generation, deploymentId } = release;
    return { url: 'http://127.0.0.1:30000', reach: REACH, handle: { slug, generation, deploymentId } };
  };
  const target: { hooks?: true } & ServerTarget<unknown, unknown> = {
    name: takes,
    options: z.unknown(),
    credentials: z.unknown(),
    runsIn: 'server',
    takes,
    starts: true,
    earlier: 'removed',
    capabilities: { sleep: null, logs: null },
    identityOf: (handle) => JSON.stringify(handle),
    inspect: async () => ({ state: 'live', detail: null }),
    list: async function* () {},
    deploy,
    destroy: async () => undefined,
  };
  return { target, releases, plays };
}

let world: World;
let image: ReturnType<typeof playing>;
let compose: ReturnType<typeof playing>;
let files: ReturnType<typeof playing>;
let ports: World['app']['ports'];
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => world[Symbol.asyncDispose]());
beforeEach(() => {
  [image, compose, files] = [playing('image'), playing('compose'), playing('files')];
  const added = [image, compose, files].map(({ target }) => [target.name, target] as const);
  // The server of the test has no container engine.
  const targetsOff = new Map<string, string>();
  ports = { ...world.app.ports, targetsOff, targets: new Map([...world.app.ports.targets, ...added]) };
});

let opened = 0;

/** A run that has claimed its deployment and has pushed an image. */
async function claimed(
  target = 'image',
  files?: Readonly<Record<string, string>>,
): Promise<{ begun: Begun; digest: string; ask: Ask }> {
  opened += 1;
  const head = `change-${opened}`;
  const { number, sha } = await openPullRequest(world, { head, ...(files && { files }) });
  const begun = await begin({ ...world, app: { ...world.app, ports } }, { number, sha, target });
  const client = registryClient(world.app.url, begun.token);
  const { digest } = await client.pushImage(begun.environment.slug, 'v1', [layer(), layer()]);
  const ask: Ask = (request = {}) =>
    startProgram(ports, { deploymentId: begun.deployment.id, image: { digest }, seen: 0, ...request });
  return { begun, digest, ask };
}

type Ask = (request?: Partial<Parameters<typeof startProgram>[1]>) => ReturnType<typeof startProgram>;

/** A program whose start waits for the test. */
function slowly() {
  let go: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (go = resolve));
  const play: Play = async (_release, run) => {
    run.log('Starting');
    await gone;
    run.log('Started');
  };
  return { play, go: () => go() };
}

test('a program that starts slowly is asked for again, and each line of its log comes once', async () => {
  const { begun, digest, ask } = await claimed();
  const { play, go } = slowly();
  image.plays.push(play);
  const first = await ask();
  expect(first).toMatchObject({ started: false, problem: null, lines: ['Starting'], seen: 1 });
  go();
  const second = await ask({ seen: 1 });
  expect(second).toMatchObject({ started: true, problem: null, lines: ['Started'], seen: 2 });
  expect(second.commitUrl).toContain(`${begun.deployment.sha.slice(0, 7)}-${begun.environment.slug}`);
  expect(image.releases).toMatchObject([
    {
      slug: begun.environment.slug,
      deploymentId: begun.deployment.id,
      image: { kind: 'pushed', repository: begun.environment.slug, digest },
      compose: null,
    },
  ]);
  expect(await world.app.ports.deployments.get(begun.deployment.id)).toMatchObject({ reach: REACH });
});

test('what the workflow says of its program comes before the settings', async () => {
  const { ask } = await claimed();
  const builtOn = { platform: 'linux', arch: 'x64', libc: 'musl', nodeMajor: 22 } as const;
  await ask({ start: 'node other.js', port: 4_000, nodeVersion: '22', builtOn });
  expect(image.releases[0]?.program).toMatchObject({
    start: 'node other.js',
    port: 4_000,
    nodeVersion: '22',
    builtOn,
    healthPath: '/',
    cpus: 0.5,
  });
});

test('the hooks of the settings reach the target, and the run is told how long they may take', async () => {
  image.target.hooks = true;
  const { number, sha } = await openPullRequest(world, {
    ...{
      head: 'with-hooks',
      files: { '.github/preview.yml': 'hooks: { created: seed, deployed: migrate }\n' },
    },
  });
  const begun = await begin({ ...world, app: { ...world.app, ports } }, { number, sha, target: 'image' });
  expect(begun.plan.hooksMs).toBe(20 * 60_000);
  const client = registryClient(world.app.url, begun.token);
  const { digest } = await client.pushImage(begun.environment.slug, 'v1', [layer(), layer()]);
  await startProgram(ports, { deploymentId: begun.deployment.id, image: { digest }, seen: 0 });
  expect(image.releases[0]?.hooks).toEqual({ created: 'seed', deployed: 'migrate', destroyed: null });
});

const WITH_DATABASE = { '.github/preview.yml': 'services: { db: postgres:16 }\n' };

test('databases of the settings reach the target, and what it makes up for them is taken out of the logs', async () => {
  const target = { ...image.target, services: true as const };
  ports = { ...ports, targets: new Map([...ports.targets, ['image', target]]) };
  const { begun, ask } = await claimed('image', WITH_DATABASE);
  image.plays.push(async (_release, run) => run.conceal?.(['made-up-password']));
  expect(await ask()).toMatchObject({ started: true });
  expect(image.releases[0]?.services).toEqual([{ name: 'db', kind: 'postgres', version: '16' }]);
  const { lines } = await ports.redactionOf(begun.deployment.id);
  expect(lines(['postgres://preview:made-up-password@db'])).toEqual(['postgres://preview:***@db']);
});

test('a target that starts no databases says so before anything is built, and what to do instead', async () => {
  await expect(claimed('image', WITH_DATABASE)).rejects.toMatchObject({
    code: 'unprocessable',
    message: expect.stringMatching(
      /The target "image" starts no databases, and "services" .* Remove "services", or choose a target/,
    ),
  });
  expect(image.releases).toEqual([]);
});

test('a program that will not start is told with its whole log, once that is there', async () => {
  const { ask } = await claimed();
  image.plays.push(async (_release, run) => {
    for (let line = 1; line <= 1_200; line += 1) run.log(`line ${line}`);
    throw new VitrineError('unprocessable', 'It ended with exit code 1.');
  });
  const lines: string[] = [];
  let answer = await ask();
  for (; answer.problem === null; answer = await ask({ seen: answer.seen })) lines.push(...answer.lines);
  lines.push(...answer.lines);
  expect(answer).toMatchObject({ started: false, problem: 'It ended with exit code 1.', seen: 1_200 });
  expect(lines).toEqual(Array.from({ length: 1_200 }, (_, index) => `line ${index + 1}`));
});

test('a log without an end is cut, and its last line stays', async () => {
  const { ask } = await claimed();
  image.plays.push(async (_release, run) => {
    for (let line = 0; line < 9_000; line += 1) run.log('x'.repeat(5_000));
    run.log('Error: the reason');
  });
  const { lines } = await ask({ seen: 4_999 });
  expect(lines).toEqual([expect.stringMatching(/only the last line.*Error: the reason$/)]);
});

test('a failure that may pass is told by its code, and the next request starts it again', async () => {
  const { ask } = await claimed();
  image.plays.push(async () => {
    throw new VitrineError('unavailable', 'The engine does not answer.');
  });
  await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
  expect(await ask()).toMatchObject({ started: true });
  expect(image.releases).toHaveLength(2);
});

test('two requests at once make one start, and both hear of it', async () => {
  const { ask } = await claimed();
  const { play, go } = slowly();
  image.plays.push(play);
  const both = Promise.all([ask(), ask()]);
  expect((await both).map(({ lines }) => lines)).toEqual([['Starting'], ['Starting']]);
  go();
  const ends = await Promise.all([ask({ seen: 1 }), ask({ seen: 1 })]);
  expect(ends.map(({ started }) => started)).toEqual([true, true]);
  expect(image.releases).toHaveLength(1);
});

test('what is asked for anew has its turn after what was asked for before', async () => {
  const { ask } = await claimed();
  const { play, go } = slowly();
  image.plays.push(play);
  await ask();
  expect(await ask({ start: 'node b.js' })).toMatchObject({ started: false, lines: [] });
  go();
  // The start that went before ends at some moment from now on.
  const answers = [await ask({ start: 'node b.js' })];
  if (answers.at(-1)?.started !== true) answers.push(await ask({ start: 'node b.js' }));
  expect(answers.at(-1)).toMatchObject({ started: true, lines: [] });
  expect(image.releases.map(({ program }) => program.start)).toEqual([null, 'node b.js']);
});

test('a run that is late starts nothing, and what it started before is removed', async () => {
  const { begun, ask } = await claimed();
  const { play, go } = slowly();
  image.plays.push(play);
  await ask();
  await world.github.push({ repository: REPOSITORY, branch: `change-${opened}` });
  await world.drain();
  await expect(ask()).rejects.toMatchObject({ code: 'stale_head' });
  go();
  await world.app.ports.programStarts.get(begun.deployment.id)?.work;
  const environment = await world.app.ports.environments.get(begun.environment.id);
  expect(environment?.resources).toEqual([expect.objectContaining({ doomed: true })]);
  expect(image.releases).toHaveLength(1);
});

test('an image must have been pushed, into the repository of this environment', async () => {
  const other = await claimed();
  const { ask } = await claimed();
  const unknown = `sha256:${'0'.repeat(64)}`;
  await expect(ask({ image: { digest: unknown } })).rejects.toThrow('push it first');
  await expect(ask({ image: { digest: other.digest } })).rejects.toThrow('push it first');
  const own = `${new URL(world.app.url).host}/${other.begun.environment.slug}@${other.digest}`;
  await expect(ask({ image: { reference: own } })).rejects.toThrow("in this server's own registry");
  await expect(ask({ image: undefined })).rejects.toThrow('needs an image');
  expect(image.releases).toEqual([]);
});

test('an image of another registry is passed on with its password', async () => {
  const { ask } = await claimed();
  const named: NamedImage = {
    reference: `ghcr.io/acme/shop@sha256:${'1'.repeat(64)}`,
    auth: { username: 'octavia', password: 'secret' },
  };
  expect(await ask({ image: named })).toMatchObject({ started: true });
  expect(image.releases[0]?.image).toEqual({ kind: 'external', ...named });
});

test('the services of a compose file have repositories of their own', async () => {
  const { begun, ask } = await claimed('compose');
  const client = registryClient(world.app.url, begun.token);
  const repository = `${begun.environment.slug}/web`;
  const { digest } = await client.pushImage(repository, 'v1', [layer(), layer()]);
  const file = 'services: { web: { build: . } }';
  const asked = (name: string) => ask({ compose: { file, images: { [name]: { digest } } } });
  await expect(asked('worker')).rejects.toThrow(`There is no image ${digest}`);
  await expect(ask()).rejects.toThrow('needs a compose file');
  expect(await asked('web')).toMatchObject({ started: true });
  expect(compose.releases[0]?.compose).toEqual({
    file,
    images: { web: { kind: 'pushed', repository, digest } },
  });
});

test('files are started once they are there, hidden ones too', async () => {
  const { begun, ask } = await claimed('files');
  await expect(ask()).rejects.toThrow('upload the build first');
  const deploymentId = begun.deployment.id;
  const text = 'listen()';
  const hash = hashOnce('sha256', text, 'hex');
  const planned = planUpload([{ path: '.output/server.mjs', hash, size: text.length }], { ofProgram: true });
  const { answer } = await receivePlan(ports, { deploymentId, plan: planned.body });
  const read = async function* () {
    yield Buffer.from(text);
  };
  const pack = packsFor({ planned, answer, read });
  expect((await receivePack(ports, { deploymentId, pack })).answer).toMatchObject({
    complete: true,
    notes: [],
  });
  expect(files.releases).toEqual([]);
  expect(await ask()).toMatchObject({ started: true });
  expect(files.releases[0]).toMatchObject({ artifact: planned.root, image: null, compose: null });
});

test('a target that starts nothing is not asked', async () => {
  const { ask } = await claimed('static');
  await expect(ask()).rejects.toThrow('starts no program');
});
