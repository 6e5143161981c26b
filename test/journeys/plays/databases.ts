import { expect } from '@jest/globals';
import { wakeEnvironment } from '../../../src/deployments/wake.js';
import { readLines } from '../../../src/deployments/logs/read.js';
import { createProgramLogs } from '../../../src/reconcile/program-logs.js';
import { putToSleep, SETTLE_MS } from '../../../src/reconcile/sleep.js';
import type { ContainerEngine, Labels } from '../../../src/targets/docker/engine.js';
import { CONTAINER_STATUS, ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { eventually } from '../../../demo/expect.js';
import { lookAt } from '../../support/look-at.js';
import { REPOSITORY, startWorld, type World } from '../../support/start-world.js';
import type { AskedRun } from './targets.js';

export interface DatabaseStage extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly target: string;
  /** An image that the engine has, as the settings name it. */
  readonly database: string;
  run(world: World, asked: AskedRun): Promise<{ readonly exitCode: number; readonly log: string }>;
  /** Everything that this server has in the engine: containers, networks, volumes. */
  held(): Promise<readonly string[]>;
  /** The id and the password of the database. */
  seen(): Promise<{ readonly id: string; readonly password: string; readonly running: boolean }>;
}

/** Everything of this server. */
export async function heldIn(engine: ContainerEngine): Promise<readonly string[]> {
  const isOurs = ({ labels }: { readonly labels: Labels }) => labels['vitrine.server'] !== undefined;
  const all = [
    ...(await engine.containers({})).map((one) => ({ ...one, name: `container ${one.id}` })),
    ...(await engine.networks()),
    ...(await engine.volumes({})),
  ];
  return all.filter(isOurs).map(({ name }) => name);
}

export async function seenIn(engine: ContainerEngine, database: string): ReturnType<DatabaseStage['seen']> {
  const [found, ...others] = await engine.containers({ 'vitrine.database': `cache=${database}` });
  const container = found && (await engine.container(found.id));
  expect(others).toEqual([]);
  const { id = '', running = false, env = {} } = container ?? {};
  return { id, running, password: env['REDISCLI_AUTH'] ?? '' };
}

const HOUR = 60 * 60_000;

/** It prints the URL of its database, which nobody may read in its log. */
const files = ({ target, database }: DatabaseStage, start: string) => ({
  '.github/preview.yml': `target: ${target}\nservices: { cache: "${database}" }\nport: 3000\nstart: ${start}\n`,
});

/** From the first deployment, which fails, to the end: the data of a preview goes with the preview, and with nothing else. */
export async function playDatabases(open: () => Promise<DatabaseStage>): Promise<void> {
  await using stage = await open();
  let ahead = 0;
  const clock = { now: () => new Date(Date.now() + ahead) };
  const base = { '.github/preview.yml': `target: ${stage.target}\n` };
  await using world = await startWorld({
    files: base,
    env: stage.env,
    overrides: { clock, programsEveryMs: 24 * HOUR },
  });
  const branch = 'databases';
  const { pullRequest } = await world.github.openPullRequest({
    ...{ repository: REPOSITORY, head: branch },
    files: files(stage, 'fail 3 "It broke."'),
  });
  const { number } = pullRequest;
  await world.drain();
  expect((await stage.run(world, { number })).exitCode).toBe(1);
  await world.drain();
  expect(await stage.held()).toEqual([]);

  const push = async (start: string) => {
    await world.github.push({ repository: REPOSITORY, branch, files: files(stage, start) });
    await world.drain();
    const { exitCode, log } = await stage.run(world, { number });
    await world.drain();
    expect({ exitCode, log: exitCode === 0 ? '' : log }).toEqual({ exitCode: 0, log: '' });
    return log;
  };
  const log = await push('tell CACHE_URL');
  const first = await stage.seen();
  await push('tell REDIS_URL');
  expect(await stage.seen()).toEqual(first);
  const { environment } = await lookAt(world, number);
  await expectConcealed(world, { environmentId: environment.id, log, password: first.password });

  ahead += 2 * HOUR;
  await putToSleep(world.app.ports);
  ahead += SETTLE_MS;
  await putToSleep(world.app.ports);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.sleeping);
  expect(await stage.seen()).toEqual({ ...first, running: false });
  await wakeEnvironment(world.app.ports, { environmentId: environment.id });
  expect(await stage.seen()).toEqual(first);

  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect(await stage.held()).toEqual([]);
}

interface Concealed {
  readonly environmentId: string;
  /** Of the run. */
  readonly log: string;
  readonly password: string;
}

/** The database is listed by its name, and its password is in no answer and no log. */
async function expectConcealed(world: World, { environmentId, log, password }: Concealed): Promise<void> {
  const { ports } = world.app;
  const { items } = await ports.containers.listOf(environmentId, { limit: 10 });
  const status = CONTAINER_STATUS.running;
  expect(items).toContainEqual(expect.objectContaining({ service: 'cache', status, port: null }));
  const { current } = (await ports.environments.get(environmentId)) ?? {};
  const deploymentId = current?.deploymentId ?? '';
  const logs = createProgramLogs(ports);
  await logs.look();
  const lines = await eventually(() => runtimeLines(world, deploymentId), {
    until: (all) => all.some((line) => line.startsWith('redis://')),
    otherwise: 'What the program printed should be in its log.',
  });
  await logs.stop(5_000);
  expect(lines).toContainEqual('redis://default:***@cache:6379');
  expect(JSON.stringify([items, log, lines, world.logLines])).not.toContain(password);
}

async function runtimeLines({ app }: World, deploymentId: string): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const lines of readLines(app.ports.runtimeLogs, { deploymentId, after: 0 }))
    all.push(...lines.map(({ text }) => text));
  return all;
}
