import { expect, test } from '@jest/globals';
import { visit } from '../../demo/visit.js';
import { CHECK, COMMIT_STATE, CONCLUSION, DEPLOYMENT_STATE } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, AUTHOR, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const PAGE = { 'index.html': '<h1>Hello</h1>\n' };

async function environmentOf(world: World, number: number) {
  const [environment] = await world.app.ports.environments.ofPullRequest(world.repoId(), number);
  if (!environment) throw new Error(`There is no environment for #${number}.`);
  const { items: deployments } = await world.app.ports.deployments.listOf(environment.id, { limit: 20 });
  return { environment, deployments };
}

async function expectNeutral(world: World, { number, sha }: { number: number; sha: string }, reason: RegExp) {
  const [check, ...others] = await world.reviewer.checks(sha);
  expect(others).toEqual([]);
  expect(check?.status).toBe(CHECK.completed);
  expect(check?.conclusion).toBe(CONCLUSION.neutral);
  expect(check?.output.summary).toMatch(reason);
  expect(await world.reviewer.comments(number)).toEqual([]);
  expect((await environmentOf(world, number)).deployments).toEqual([]);
}

test('a pull request from a fork gets a neutral check with the reason, no deployment and no comment', async () => {
  await using world = await startWorld({ files: PAGE, github: githubWith(['octavia', 'stranger']) });
  const fork = await openPullRequest(world, { fork: 'stranger', author: 'stranger' });
  await expectNeutral(world, fork, /fork/i);
});

test('a draft waits silently, and is deployed once it is ready for review', async () => {
  await using world = await startWorld({ files: PAGE });
  const draft = await openPullRequest(world, { draft: true });
  await expectNeutral(world, draft, /draft/i);
  world.github.markReadyForReview({ repository: REPOSITORY, number: draft.number });
  await world.drain();
  expect((await environmentOf(world, draft.number)).deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.queued,
  ]);
  expect(await world.reviewer.checks(draft.sha)).toHaveLength(1);
});

test('somebody without write permission waits for approval of that very commit', async () => {
  await using world = await startWorld({
    github: githubWith(['octavia', 'reader'], { reader: 'read' }),
  });
  const held = await openPullRequest(world, { author: 'reader' });
  const [check] = await world.reviewer.checks(held.sha);
  expect(check?.conclusion).toBe(CONCLUSION.actionRequired);
  expect((await environmentOf(world, held.number)).environment.status).toBe(
    ENVIRONMENT_STATUS.awaitingApproval,
  );
  expect((await environmentOf(world, held.number)).deployments).toEqual([]);
});

test('the run of a pull request that has to wait ends without building, and says why', async () => {
  await using world = await startWorld({ files: PAGE });
  const draft = await openPullRequest(world, { draft: true });
  const run = await runPreview(world, { number: draft.number });
  expect(run.exitCode).toBe(0);
  expect(run.outputs['live']).toBe('false');
  expect(run.outputs['reason']).toMatch(/draft/i);
});

test('a run that ended without a word makes its deployment fail, and the check says so', async () => {
  await using world = await startWorld({ files: PAGE });
  const { number, sha } = await openPullRequest(world);
  const run = await world.github.startRun({ repository: REPOSITORY, number });
  const { environment } = await environmentOf(world, number);
  const [waiting] = (await environmentOf(world, number)).deployments;
  if (!waiting) throw new Error('There should be a deployment.');
  const taken = {
    run: { id: String(run.id), attempt: 1, job: 'preview' },
    status: DEPLOYMENT_STATUS.running,
  } as const;
  await world.app.ports.deployments.change(waiting, taken);
  world.github.finishRun(run, CONCLUSION.failure);
  await world.drain();
  expect((await environmentOf(world, number)).deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.failed,
  ]);
  expect((await world.reviewer.checks(sha))[0]?.conclusion).toBe(CONCLUSION.failure);
  expect(environment.current).toBeNull();
});

test('settings on the default branch ask for a commit status; what the pull request sets of policy is noted and ignored', async () => {
  const settings = 'report:\n  commit-status: true\n';
  await using world = await startWorld({ files: { ...PAGE, '.github/preview.yml': settings } });
  const files = { '.github/preview.yml': `${settings}triggers:\n  forks: approve\n` };
  const { number, sha } = await openPullRequest(world, { files });
  const run = await runPreview(world, { number });
  expect(run.exitCode).toBe(0);
  await world.drain();
  const [check] = await world.reviewer.checks(sha);
  expect(check?.output.summary).toMatch(/preview\.yml.*line/);
  const statuses = world.github.requests({ method: 'POST', path: /\/statuses\/[0-9a-f]{40}$/ });
  const states = statuses.map(({ body }) => (body as { state?: string }).state);
  expect(states.at(-1)).toBe(COMMIT_STATE.success);
  expect(world.github.violations).toEqual([]);
});

test('there are no more previews than the settings allow, and a push to one of them is deployed all the same', async () => {
  const settings = 'limits:\n  environments: 1\n';
  await using world = await startWorld({ files: { ...PAGE, '.github/preview.yml': settings } });
  const first = await openPullRequest(world, { head: 'first' });
  const second = await openPullRequest(world, { head: 'second' });
  await world.github.push({ repository: REPOSITORY, branch: 'first', files: { 'new.html': 'new' } });
  await world.drain();
  const states = await Promise.all(
    [first, second].map(async ({ number }) => {
      const { environment, deployments } = await environmentOf(world, number);
      return [environment.decision?.rule, deployments.map(({ status }) => status).sort()];
    }),
  );
  expect(states).toEqual([
    ['new-commit', [DEPLOYMENT_STATUS.queued, DEPLOYMENT_STATUS.superseded]],
    ['limit-environments', []],
  ]);
});

test('a failing build keeps the last good preview up, and both say so', async () => {
  const build = { 'package.json': '{"scripts":{"build":"node build.js"}}', 'build.js': '', ...PAGE };
  await using world = await startWorld({ files: build });
  const { number } = await openPullRequest(world);
  const first = await runPreview(world, { number, inputs: { 'output-dir': '.' } });
  expect(first.exitCode).toBe(0);
  const broken = { 'build.js': "console.error('no frame'); process.exit(3)" };
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'change', files: broken });
  const second = await runPreview(world, { number, inputs: { 'output-dir': '.' } });
  await world.drain();
  expect(second.exitCode).toBe(1);
  const { environment } = await environmentOf(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.failed);
  expect((await visit(environment.url)).status).toBe(200);
  expect((await world.reviewer.checks(sha))[0]?.output.summary).toMatch(/no frame/);
  const [comment] = await world.reviewer.comments(number);
  expect(comment?.body).toMatch(/last good/i);
});

test('an App that is uninstalled takes everything down and tells GitHub nothing more', async () => {
  await using world = await startWorld({ files: PAGE });
  const { number } = await openPullRequest(world);
  await runPreview(world, { number });
  await world.drain();
  const before = world.github.writes();
  world.github.changeInstallation({ account: 'acme', action: 'deleted' });
  await world.drain();
  const { environment } = await environmentOf(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect((await visit(environment.url)).status).toBe(410);
  expect(world.github.writes()).toBe(before);
});

test('a renamed repository keeps its environments, under the new name', async () => {
  await using world = await startWorld({ files: PAGE });
  const { number } = await openPullRequest(world);
  await world.github.renameRepository(REPOSITORY, 'hallo');
  await world.drain();
  const { environment } = await environmentOf(world, number);
  expect(environment.repository).toBe('acme/hallo');
  expect(environment.status).toBe(ENVIRONMENT_STATUS.pending);
});

test('closing sets every deployment of GitHub inactive', async () => {
  await using world = await startWorld({ files: PAGE });
  const { number } = await openPullRequest(world);
  await runPreview(world, { number });
  await world.drain();
  expect((await world.reviewer.deployments()).map(({ state }) => state)).toEqual([DEPLOYMENT_STATE.success]);
  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  expect((await world.reviewer.deployments()).map(({ state }) => state)).toEqual([DEPLOYMENT_STATE.inactive]);
});

function githubWith(users: readonly string[], collaborators: Readonly<Record<string, 'read'>> = {}) {
  return {
    users: [AUTHOR, ...users.filter((user) => user !== AUTHOR)],
    repositories: [{ fullName: REPOSITORY, files: PAGE, collaborators }],
  };
}

test('a target that this server does not have is refused before anything is built', async () => {
  const settings = 'target: balloon\n';
  await using world = await startWorld({ files: { ...PAGE, '.github/preview.yml': settings } });
  const { number } = await openPullRequest(world);
  const run = await runPreview(world, { number });
  expect(run.exitCode).toBe(1);
  expect(run.log).toMatch(/no target "balloon" on this server/);
});
