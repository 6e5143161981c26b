import { expect, test } from '@jest/globals';
import { eventually } from '../../demo/expect.js';
import { visit } from '../../demo/visit.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, DELIVERY_STATUS } from '../../src/shared/status/words.js';
import { secondsApart } from '../support/clock.js';
import { lookAt } from '../support/look-at.js';
import { begin, end, startByHand } from '../support/run-by-hand.js';
import { pushSettings, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const PAGE = { 'index.html': '<h1>Hello</h1>\n' };
const SHOWN = 'https://shown.example/';
const FOLDER = { '.github/preview.yml/x': '1' };

async function live(files: Readonly<Record<string, string>> = PAGE, options: object = {}) {
  const world = await startWorld({ files, github: { clock: secondsApart() } });
  const opened = await world.github.openPullRequest({ repository: REPOSITORY, head: 'change', ...options });
  const { number, head } = opened.pullRequest;
  await world.drain();
  const run = await begin(world, { number, sha: head.sha });
  await end(world, run, { status: DEPLOYMENT_STATUS.success, url: SHOWN });
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);
  return { world, number, at: { repository: REPOSITORY, number } };
}

const outcomes = async (world: World) =>
  (await world.app.ports.inbox.list({}, { limit: 20 })).items.map(({ status }) => status);

async function expectGone(world: World, number: number) {
  const { environment } = await lookAt(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect((await visit(environment.url)).status).toBe(410);
}

async function expectShown(world: World, number: number) {
  const { environment } = await lookAt(world, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.ready, current: { url: SHOWN } });
}

test('closing needs nothing of GitHub: it works while GitHub refuses or fails every read', async () => {
  for (const fault of [403, 500]) {
    const { world, number, at } = await live();
    await using _ = world;
    world.github.fail({ kind: 'status', method: 'GET', path: /./, status: fault, times: 1_000 });
    world.github.closePullRequest(at);
    await world.github.webhooks.settled();
    await world.app.drain();
    expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  }
});

test('a commit that makes a folder of the settings file is told so, keeps what is live, and is closed like any other', async () => {
  const { world, number, at } = await live();
  await using _ = world;
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'change', files: FOLDER });
  await world.drain();
  // The file of the commit is read when a run is about to build it.
  expect(await startByHand(world, { number, sha, attempt: 2 })).toMatchObject({ proceed: false });
  await world.drain();
  const [check] = await world.reviewer.checks(sha);
  expect(check).toMatchObject({ conclusion: CONCLUSION.neutral });
  expect(check?.output.summary).toMatch(/in this pull request.*must be a plain file/);
  const { environment } = await lookAt(world, number);
  expect(environment.decision).toMatchObject({ action: 'skip', rule: 'settings-invalid' });
  await expectShown(world, number);

  world.github.closePullRequest(at);
  await world.drain();
  await expectGone(world, number);
  expect(new Set(await outcomes(world))).toEqual(new Set([DELIVERY_STATUS.handled, DELIVERY_STATUS.ignored]));
});

test('GitHub refusing to show the settings is no answer: the push is tried again, not forgotten', async () => {
  const { world, number } = await live();
  await using _ = world;
  world.github.fail({ kind: 'status', method: 'GET', path: /contents/, status: 403, times: 2 });
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await eventually(async () => (await lookAt(world, number)).environment.head?.sha, {
    until: (head) => head === sha,
    otherwise: 'A push should be tried again when GitHub refuses to show the settings.',
  });
});

test('a mistake on the default branch takes nothing down that is live, whatever the rest of the file allowed', async () => {
  const allowed = 'triggers:\n  drafts: true\n';
  const { world, number, at } = await live({ ...PAGE, '.github/preview.yml': allowed }, { draft: true });
  await using _ = world;
  await pushSettings(world, 'triggers:\n  drafts: treu\n');
  world.github.editPullRequest({ ...at, title: 'Another title' });
  await world.drain();
  const { environment } = await lookAt(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.ready);
  expect(environment.settings?.triggers.drafts).toBe(true);
  await expectShown(world, number);
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  expect((await world.reviewer.checks(sha))[0]?.output.summary).toMatch(/drafts must be true or false/);
  await expectShown(world, number);
});

test('settings of several projects that cannot be read any more neither end nor add a project', async () => {
  const files = { ...PAGE, '.github/preview.yml': 'projects:\n  - name: one\n  - name: two\n' };
  await using world = await startWorld({ files, github: { clock: secondsApart() } });
  const opened = await world.github.openPullRequest({ repository: REPOSITORY, head: 'change' });
  await world.drain();
  await pushSettings(world, 'projects: [\n');
  await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  const all = await world.app.ports.environments.ofPullRequest(world.repoId(), opened.pullRequest.number);
  // Both were made in one moment, so neither is the first.
  const told = all.map(({ project, status, decision }) => [project, status, decision?.rule]).sort();
  expect(told).toEqual([
    ['one', ENVIRONMENT_STATUS.pending, 'settings-invalid'],
    ['two', ENVIRONMENT_STATUS.pending, 'settings-invalid'],
  ]);
});
