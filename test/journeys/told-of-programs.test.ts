import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { visit } from '../../demo/visit.js';
import { createChannel } from '../../src/contract/notifications.js';
import { getEnvironment } from '../../src/contract/environments.js';
import { hashToken } from '../../src/people/api-token.js';
import { createHealthCheck, PROGRAMS } from '../../src/reconcile/health.js';
import { putToSleep, SETTLE_MS } from '../../src/reconcile/sleep.js';
import { startProgram } from '../../src/runs/start-program.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { apiClient } from '../support/api-client.js';
import { lookAt } from '../support/look-at.js';
import { createProgramTarget, PROGRAM_TARGET } from '../support/program-target.js';
import { startReceiver } from '../support/receiver.js';
import { begin, end } from '../support/run-by-hand.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const MINUTE = 60_000;
const NOT_BY_ITSELF = 24 * 60 * MINUTE;

const TOKEN = 'vto_told_of_programs';

const policy = (limits: string) => ({
  '.github/preview.yml': `target: ${PROGRAM_TARGET}\nlimits:\n${limits}\n`,
});

let world: World;
let ahead = 0;
const target = createProgramTarget();

beforeAll(async () => {
  world = await startWorld({
    files: { 'index.html': '', ...policy('  environments: 2\n  when-full: evict-idle') },
    overrides: {
      ...target.overrides,
      programsEveryMs: NOT_BY_ITSELF,
      clock: { now: () => new Date(Date.now() + ahead) },
    },
  });
  const scope = { kind: 'operator', name: 'tests' } as const;
  await world.app.ports.tokens.issue({ hash: hashToken(TOKEN), scope, expiresAt: null });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

interface Opened {
  readonly number: number;
  readonly sha: string;
}

/** What a workflow run does: its program is started, and goes live. */
async function deploy(opened: Opened): Promise<void> {
  const begun = await begin(world, opened);
  const asked = { deploymentId: begun.deployment.id, seen: 0 };
  while (!(await startProgram(world.app.ports, asked)).started);
  await end(world, begun, { status: DEPLOYMENT_STATUS.success });
  await world.drain();
}

async function visitProgram({ number }: Opened): Promise<void> {
  const { environment } = await lookAt(world, number);
  expect((await visit(environment.url)).body).toContain('hello');
  await world.app.flushVisits();
  await world.drain();
}

/** Until the programs without visitors are stopped. */
async function passWithoutVisitors(): Promise<void> {
  await putToSleep(world.app.ports);
  ahead += SETTLE_MS;
  await putToSleep(world.app.ports);
  await world.drain();
}

/** What people and programs are told of it. */
async function told({ number, sha }: Opened) {
  const { environment } = await lookAt(world, number);
  const [comment] = await world.reviewer.comments(number);
  const checks = await world.reviewer.checks(sha);
  const api = await apiClient(world.app, TOKEN)(getEnvironment, { params: { id: environment.id } });
  return { environment, comment: comment?.body ?? '', checks, api };
}

test('while a preview sleeps, comment, check and API say so, and say that it is ready once it was woken', async () => {
  const opened = await openPullRequest(world, { head: 'sleepy' });
  await deploy(opened);
  expect((await told(opened)).comment).toContain('The preview is ready');
  ahead += 32 * MINUTE;
  await passWithoutVisitors();
  const asleep = await told(opened);
  expect(asleep.comment).toMatch(/🌙 \*\*The preview sleeps until it is opened:\*\*[^]*🌙 Sleeping/);
  expect(asleep.checks).toMatchObject([{ conclusion: CONCLUSION.success, output: { title: 'Sleeping' } }]);
  expect(asleep.checks[0]?.output.summary).toMatch(/\*\*Sleeping\*\*[^]*It wakes up for the next/);
  expect(asleep.api.status).toBe(ENVIRONMENT_STATUS.sleeping);

  await visitProgram(opened);
  const awake = await told(opened);
  expect(awake.comment).toMatch(/✅ \*\*The preview is ready:\*\*/);
  expect(awake.comment).not.toMatch(/leep/);
  expect(awake.checks).toMatchObject([{ output: { title: expect.stringMatching(/^Ready/) } }]);
  expect(awake.api.status).toBe(ENVIRONMENT_STATUS.ready);
  world.github.closePullRequest({ repository: REPOSITORY, number: opened.number });
  await world.drain();
});

test('a program that ended is missed three times, and then comment, check and channels say why, until it is well again', async () => {
  await using receiver = await startReceiver();
  const opened = await openPullRequest(world, { head: 'unwell' });
  await deploy(opened);
  const { environment } = await told(opened);
  const client = apiClient(world.app, TOKEN);
  const events = ['environment.unhealthy'] as const;
  await client(createChannel, {
    params: { id: environment.projectId },
    body: { kind: 'webhook', name: 'Board', url: `${receiver.url}/board`, events: [...events] },
  });
  const look = createHealthCheck(world.app.ports, PROGRAMS);
  await look();
  target.inspectAs({ state: 'unhealthy', detail: 'It ended with exit code 3.' });
  for (let missed = 0; missed < 2; missed += 1) await look();
  await world.drain();
  expect((await told(opened)).comment).not.toContain('exit code 3');
  for (let missed = 0; missed < 3; missed += 1) await look();
  await world.drain();
  const unwell = await told(opened);
  for (const text of [unwell.comment, unwell.checks[0]?.output.summary])
    expect(text).toMatch(/does not answer as it should[^]*exit code 3/);
  expect(unwell.api.health).toMatchObject({ state: 'unhealthy', detail: 'It ended with exit code 3.' });
  expect(receiver.at('/board').map(({ body }) => body)).toEqual([expect.stringContaining('exit code 3')]);
  target.inspectAs(null);
  await look();
  await world.drain();
  const well = await told(opened);
  for (const text of [well.comment, well.checks[0]?.output.summary])
    expect(text).not.toContain('exit code 3');
  world.github.closePullRequest({ repository: REPOSITORY, number: opened.number });
  await world.drain();
});

test('where idle previews give way, the one that sleeps goes, also if it was changed last, and none that a visitor has open', async () => {
  const one = await openPullRequest(world, { head: 'one' });
  await deploy(one);
  const two = await openPullRequest(world, { head: 'two' });
  await deploy(two);
  ahead += 32 * MINUTE;
  await visitProgram(one);
  await passWithoutVisitors();
  expect([await statusOf(one), await statusOf(two)]).toEqual([
    ENVIRONMENT_STATUS.ready,
    ENVIRONMENT_STATUS.sleeping,
  ]);

  const three = await openPullRequest(world, { head: 'three' });
  expect((await told(three)).environment.decision).toMatchObject({ action: 'deploy' });
  const gone = await told(two);
  expect(gone.environment).toMatchObject({ status: ENVIRONMENT_STATUS.destroyed, resources: [] });
  expect([...target.programs.values()].map(({ handle }) => handle.slug)).toEqual([
    (await told(one)).environment.slug,
  ]);
  for (const text of [gone.comment, gone.checks[0]?.output.summary])
    expect(text).toMatch(/no free place, and this preview slept[^]*Push a commit to get it back/);
  await deploy(three);
  await visitProgram(one);
  await visitProgram(three);
  const four = await openPullRequest(world, { head: 'four' });
  const refused = await told(four);
  expect(refused.environment.decision).toMatchObject({ rule: 'limit-environments' });
  expect(refused.checks).toMatchObject([{ conclusion: CONCLUSION.neutral }]);
  expect(refused.checks[0]?.output.summary).toMatch(/already has 2 previews[^]*None of them is idle/);
});

test.each([
  ['queue', 'limit-queued', /gets the next free place/],
  ['reject', 'limit-environments', /Close a pull request and push again/],
])(
  'with %s, also a preview that sleeps keeps its place, and the next one is told so',
  async (whenFull, rule, says) => {
    ahead += 32 * MINUTE;
    await passWithoutVisitors();
    const files = policy(`  environments: 2\n  when-full: ${whenFull}`);
    await world.github.push({ repository: REPOSITORY, branch: 'main', files });
    await world.drain();
    const opened = await openPullRequest(world, { head: `with-${whenFull}` });
    const { environment, checks } = await told(opened);
    expect(environment.decision).toMatchObject({ action: 'skip', rule });
    expect(checks).toMatchObject([{ conclusion: CONCLUSION.neutral }]);
    expect(checks[0]?.output.summary).toMatch(says);
    expect(target.programs.size).toBe(2);
  },
);

async function statusOf({ number }: Opened) {
  return (await lookAt(world, number)).environment.status;
}
