import { expect, test } from '@jest/globals';
import type { Overrides } from '../../app/compose/overrides.js';
import { CHECK, COMMIT_STATE, CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { secondsApart } from '../support/clock.js';
import { begin, end } from '../support/run-by-hand.js';
import { openPullRequest, pushSettings, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const SETTINGS = 'report:\n  commit-status: true\nprojects:\n  - name: shop\n  - name: docs\n';
const FILES = { 'index.html': '<h1>Hello</h1>\n', '.github/preview.yml': SETTINGS };

const start = (overrides: Overrides = {}) =>
  startWorld({ files: FILES, github: { clock: secondsApart() }, overrides });

/** The rows of the one comment: project and what is said of it. */
async function rows({ reviewer }: World, number: number) {
  const [comment, ...others] = await reviewer.comments(number);
  expect(others).toEqual([]);
  const cells = (comment?.body ?? '').split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const table = cells.filter(([, project]) => project?.startsWith('`'));
  return Object.fromEntries(table.map(([, project = '', status = '']) => [project.slice(1, -1), status]));
}

/** GitHub shows the newest status of each context. */
function commitStatuses({ github }: World) {
  const sent = github.requests({ method: 'POST', path: /\/statuses\/[0-9a-f]{40}$/ });
  const bodies = sent.map(({ body }) => body as { context: string; state: string });
  return Object.fromEntries(bodies.map(({ context, state }) => [context, state]));
}

test('the one comment tells of every project, whichever of them changed last', async () => {
  await using world = await start();
  const { number, sha } = await openPullRequest(world);
  expect(Object.keys(await rows(world, number)).sort()).toEqual(['docs', 'shop']);
  const docs = await begin(world, { number, sha, project: 'docs' });
  await world.drain();
  expect(await rows(world, number)).toMatchObject({ docs: '🔨 Building', shop: '🕓 Queued' });
  await end(world, docs, { status: DEPLOYMENT_STATUS.success, url: 'http://docs.example/' });
  await world.drain();
  expect(await rows(world, number)).toMatchObject({ docs: '✅ Ready', shop: '🕓 Queued' });
  await end(world, await begin(world, { number, sha, project: 'shop' }), {
    status: DEPLOYMENT_STATUS.failed,
  });
  await world.drain();
  expect(await rows(world, number)).toMatchObject({ docs: '✅ Ready', shop: '❌ Failed' });
});

test('a project that the settings name first later on does not write a second comment', async () => {
  await using world = await start();
  const { number } = await openPullRequest(world);
  const more = SETTINGS.replace('projects:\n', 'projects:\n  - name: admin\n');
  await pushSettings(world, more);
  await world.github.push({ repository: REPOSITORY, branch: 'change', files: { 'new.html': 'new' } });
  await world.drain();
  expect(Object.keys(await rows(world, number)).sort()).toEqual(['admin', 'docs', 'shop']);
});

test('each project has its own commit status, and one does not overwrite the other', async () => {
  await using world = await start();
  const { number, sha } = await openPullRequest(world);
  await end(world, await begin(world, { number, sha, project: 'shop' }), {
    status: DEPLOYMENT_STATUS.failed,
  });
  const docs = await begin(world, { number, sha, project: 'docs' });
  await end(world, docs, { status: DEPLOYMENT_STATUS.success, url: 'http://docs.example/' });
  await world.drain();
  expect(commitStatuses(world)).toEqual({
    'preview/docs': COMMIT_STATE.success,
    'preview/shop': COMMIT_STATE.failure,
  });
});

test('the check of each project bears its name from the first moment on', async () => {
  let told: () => void;
  const shopTold = new Promise<void>((resolve) => (told = resolve));
  await using world = await start({
    around: {
      // The first project is reported before the second one belongs to the pull request.
      stores: (stores) => ({
        ...stores,
        environments: {
          ...stores.environments,
          async change(seen, write) {
            if (seen.project === 'docs' && seen.pullRequest === null) await shopTold;
            return stores.environments.change(seen, write);
          },
        },
      }),
      reporter: (reporter) => ({
        ...reporter,
        check: (...asked) => reporter.check(...asked).finally(() => told()),
      }),
    },
  });
  const { sha } = await openPullRequest(world);
  const names = (await world.reviewer.checks(sha)).map(({ name }) => name);
  expect(names.sort()).toEqual(['Preview', 'Preview / docs', 'Preview / shop']);
});

test('a project that fails does not hide that the other is green', async () => {
  await using world = await start();
  const { number, sha } = await openPullRequest(world);
  await end(world, await begin(world, { number, sha, project: 'shop' }), {
    status: DEPLOYMENT_STATUS.failed,
  });
  const docs = await begin(world, { number, sha, project: 'docs' });
  await end(world, docs, { status: DEPLOYMENT_STATUS.success, url: 'http://docs.example/' });
  await world.drain();
  const checks = await world.reviewer.checks(sha);
  expect(Object.fromEntries(checks.map(({ name, conclusion }) => [name, conclusion]))).toEqual({
    Preview: CONCLUSION.failure,
    'Preview / docs': CONCLUSION.success,
    'Preview / shop': CONCLUSION.failure,
  });
  const ofAll = checks.find(({ name }) => name === 'Preview');
  expect(ofAll?.output.title).toBe('docs: Ready, shop: Failed');
  expect(ofAll?.output.summary).toMatch(/`shop` \| ❌ Failed/);
  expect(ofAll?.output.summary).toMatch(/`docs` \| ✅ Ready/);
});

test('the check of all projects waits for the last of them, and begins anew when one is built again', async () => {
  await using world = await start();
  const { number, sha } = await openPullRequest(world);
  const ofAll = async () =>
    (await world.reviewer.checks(sha))
      .filter(({ name }) => name === 'Preview')
      .map((one) => [one.status, one.conclusion]);
  const deploy = async (project: string, attempt = 1) => {
    const run = await begin(world, { number, sha, project, attempt });
    await world.drain();
    return () => end(world, run, { status: DEPLOYMENT_STATUS.success, url: `http://${project}.example/` });
  };
  expect(await ofAll()).toEqual([[CHECK.queued, null]]);
  await (
    await deploy('docs')
  )();
  await world.drain();
  expect(await ofAll()).toEqual([[CHECK.queued, null]]);
  const shop = await deploy('shop');
  expect(await ofAll()).toEqual([[CHECK.inProgress, null]]);
  await shop();
  await world.drain();
  expect(await ofAll()).toEqual([[CHECK.completed, CONCLUSION.success]]);
  const again = await deploy('shop', 2);
  expect((await ofAll()).some(([status]) => status === CHECK.inProgress)).toBe(true);
  await again();
  await world.drain();
  const ends = await ofAll();
  expect(ends.every(([, conclusion]) => conclusion === CONCLUSION.success)).toBe(true);
  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  expect(await ofAll()).toEqual(ends);
});
