import { expect } from '@jest/globals';
import { eventually } from '../../../demo/expect.js';
import { visit } from '../../../demo/visit.js';
import { CONCLUSION, DEPLOYMENT_STATE } from '../../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { type CrashStage, startedIn } from '../../support/crash-stages.js';
import { expectConverged } from '../../support/expect-converged.js';
import type { CrashPoint } from '../../support/start-crashing-app.js';
import { REPOSITORY } from '../../support/start-world.js';
import { type CrashScene, withCrash } from '../../support/with-crash.js';
import type { During, NamedCrash, ProgramCrash } from './program-crashes.js';

const MINUTE = 60_000;
/** Long after the last visitor. Half a minute is over in a second or two. */
const NOBODY_CAME = { aheadMs: 32 * MINUTE, rate: 20 };
const LATER = { aheadMs: 120 * MINUTE };

interface Story extends ProgramCrash {
  readonly stage: CrashStage;
  readonly scene: CrashScene;
  readonly number: number;
  readonly branch: string;
}

export interface CrashCase {
  readonly open: () => Promise<CrashStage>;
  readonly crash: ProgramCrash;
}

/** With titles that say what was under way. */
export function casesFor(open: CrashCase['open'], crashes: readonly NamedCrash[]): [string, CrashCase][] {
  return crashes.map(([at, crash]) => [`at ${crash.during}, ${at}`, { open, crash }]);
}

/** The server is killed there, another process takes over, and the run asks again: there must be one live program, and in the end none. */
export async function playCase({ open, crash }: CrashCase): Promise<void> {
  await using stage = await open();
  const isFirst = crash.during === 'the first deployment';
  const point = isFirst && isPoint(crash.at) ? crash.at : null;
  await withCrash({ point, files: stage.files('First'), env: stage.env }, async (scene) => {
    const branch = 'sturdy';
    const { pullRequest } = await scene.github.openPullRequest({ repository: REPOSITORY, head: branch });
    const story = { ...crash, stage, scene, number: pullRequest.number, branch };
    if (!isFirst) {
      await ranWell(story);
      await scene.quiet();
    }
    await PLAYS[crash.during](story);
    if (crash.during === 'the removal') return expectNothingLeft(story);
    await expectOneLive(story, crash.during === 'an update' ? 'Second' : 'First');
    scene.github.closePullRequest({ repository: REPOSITORY, number: story.number });
    await scene.github.webhooks.settled();
    await expectNothingLeft(story);
  });
}

function isPoint(at: ProgramCrash['at']): at is CrashPoint {
  return typeof at === 'object' && 'port' in at;
}

const PLAYS: Readonly<Record<During, (story: Story) => Promise<void>>> = {
  async 'the first deployment'(story) {
    await arm(story);
    const again = story.scene.restart();
    await ranWell(story);
    await again;
  },
  async 'an update'(story) {
    const { scene, stage, branch } = story;
    await rearm(story, {});
    await scene.github.push({ repository: REPOSITORY, branch, files: stage.files('Second') });
    const again = scene.restart();
    await ranWell(story);
    await again;
  },
  async 'the removal'(story) {
    const { scene, number } = story;
    await rearm(story, {});
    scene.github.closePullRequest({ repository: REPOSITORY, number });
    await scene.restart();
    await scene.github.webhooks.settled();
  },
  async 'falling asleep'(story) {
    await rearm(story, NOBODY_CAME);
    await story.scene.restart(LATER);
    await untilItSleeps(story);
    await visitUntilLive(story);
  },
  async 'waking up'(story) {
    await story.scene.kill();
    await story.scene.restart(NOBODY_CAME);
    await untilItSleeps(story);
    await rearm(story, LATER);
    const again = story.scene.restart(LATER);
    await visitUntilLive(story);
    await again;
  },
};

/** What the server does next is interrupted. A point in the server itself is part of its start. */
async function arm({ at, stage, scene }: Story): Promise<void> {
  if (typeof at === 'object' && 'engine' in at) stage.gate?.after(at.engine, scene.kill);
  if (at !== 'starting') return;
  const before = await startedIn(scene.dataDir);
  const otherwise = 'The program does not start.';
  const look = () => startedIn(scene.dataDir);
  void eventually(look, { until: (count) => count > before, otherwise }).then(scene.kill);
}

/** The same for a server that runs already. */
async function rearm(
  story: Story,
  options: { readonly aheadMs?: number; readonly rate?: number },
): Promise<void> {
  const { at, scene } = story;
  if (isPoint(at) || options.aheadMs !== undefined) {
    await scene.kill();
    await scene.restart({ ...options, ...(isPoint(at) && { point: at }) });
  }
  await arm(story);
}

async function ranWell({ stage, scene, number, at }: Story): Promise<void> {
  const pushed = at === 'handed over' ? { pushed: scene.kill } : {};
  const { exitCode, log } = await stage.run(scene, { number, ...pushed });
  expect({ exitCode, log: exitCode === 0 ? '' : log }).toEqual({ exitCode: 0, log: '' });
}

function serverOf({ app, dataDir }: CrashScene) {
  return { url: app.url, dataDir };
}

async function environmentOf({ scene, number }: Story) {
  const [found] = await scene.app.ports.environments.ofPullRequest(scene.repoId(), number);
  if (!found) throw new Error(`#${String(number)} has no environment.`);
  return found;
}

async function untilItSleeps(story: Story): Promise<void> {
  const asleep = await eventually(() => environmentOf(story), {
    until: ({ asleep: sleep }) => !!sleep?.stoppedAt,
    otherwise: 'The program should be stopped.',
  });
  expect(asleep.status).toBe(ENVIRONMENT_STATUS.sleeping);
}

/** What a dead server began is waited for: its lease ends after 15 seconds. */
async function visitUntilLive(story: Story): Promise<void> {
  const { url } = await environmentOf(story);
  await eventually(() => visit(url).catch((error: unknown) => ({ status: 0, body: String(error) })), {
    until: ({ status }) => status === 200,
    otherwise: 'The preview should wake up.',
  });
}

async function expectOneLive(story: Story, text: string): Promise<void> {
  const { scene, stage, number } = story;
  const { environment, deployments } = await eventually(
    async () => {
      await scene.quiet();
      return expectConverged(scene, number);
    },
    { until: (seen) => seen.environment.resources.length === 1, otherwise: 'One program should be left.' },
  );
  const { current, head, slug, generation } = environment;
  expect(environment.status).toBe(ENVIRONMENT_STATUS.ready);
  expect(deployments[0]).toMatchObject({
    id: current?.deploymentId,
    sha: head?.sha,
    status: DEPLOYMENT_STATUS.success,
  });
  expect(await stage.held(serverOf(scene))).toEqual([
    expect.objectContaining({ slug, generation, deploymentId: current?.deploymentId }),
  ]);
  expect((await visit(environment.url)).body).toContain(text);
  const [check, ...others] = await scene.reviewer.checks(head?.sha ?? '');
  expect([check?.conclusion, others]).toEqual([CONCLUSION.success, []]);
  const [comment, ...more] = await scene.reviewer.comments(number);
  expect([comment?.body, more]).toEqual([expect.stringMatching(/The preview is ready/), []]);
  const states = (await scene.reviewer.deployments()).map(({ state }) => state);
  expect(states.filter((state) => state === DEPLOYMENT_STATE.success)).toHaveLength(1);
}

async function expectNothingLeft(story: Story): Promise<void> {
  const { scene, stage, number } = story;
  await eventually(() => environmentOf(story), {
    until: ({ status }) => status === ENVIRONMENT_STATUS.destroyed,
    otherwise: 'The preview should be removed.',
  });
  await scene.quiet();
  const { environment } = await expectConverged(scene, number);
  expect(environment.resources).toEqual([]);
  expect((await visit(environment.url)).status).toBe(410);
  expect(await stage.left(serverOf(scene))).toEqual([]);
}
