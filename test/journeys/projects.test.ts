import { expect, test } from '@jest/globals';
import type { Ports } from '../../app/ports.js';
import type { Decision } from '../../src/pull-requests/decide/decision.js';
import { continueDeletions } from '../../src/reconcile/deletions.js';
import { addProject, changeProject, deleteProject } from '../../src/repositories/projects.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { secondsApart } from '../support/clock.js';
import { lookAt, portsIn } from '../support/look-at.js';
import { begin, end, startByHand } from '../support/run-by-hand.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const SETTINGS =
  'projects:\n  - name: web\n    root: apps/web\n    paths: [apps/web/**]\n  - name: docs\n    root: docs\n    paths: [docs/**]\n';
const FILES = {
  'apps/web/index.html': '<h1>Web</h1>\n',
  'docs/index.html': '<h1>Docs</h1>\n',
  'README.md': '# hello\n',
  '.github/preview.yml': SETTINGS,
};
const DAY_MS = 24 * 60 * 60_000;
const actor = 'tests';

const start = (files: Readonly<Record<string, string>> = FILES) =>
  startWorld({ files, github: { clock: secondsApart() } });

const push = async (world: World, files: Readonly<Record<string, string>>, branch = 'change') => {
  const { sha } = await world.github.push({ repository: REPOSITORY, branch, files });
  await world.drain();
  return sha;
};

/** Builds what a run was let in for, and makes it live. */
async function deploy(world: World, run: { number: number; sha: string; project?: string }): Promise<void> {
  const url = `http://${run.project ?? 'preview'}.example/`;
  await end(world, await begin(world, run), { status: DEPLOYMENT_STATUS.success, url });
  await world.drain();
}

/** What the documents say of each project of a pull request. */
async function states({ app, repoId }: World, number: number) {
  const all = await app.ports.environments.ofPullRequest(repoId(), number);
  return Object.fromEntries(all.map((one) => [one.project, one]));
}

/** The rows of the one comment: project and what is said of it. */
async function rows({ reviewer }: World, number: number) {
  const [comment, ...others] = await reviewer.comments(number);
  expect(others).toEqual([]);
  const cells = (comment?.body ?? '').split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const table = cells.filter(([, project]) => project?.startsWith('`'));
  return Object.fromEntries(table.map(([, project = '', status = '']) => [project.slice(1, -1), status]));
}

test('two projects of a repository: a push updates those that it touches, one comment tells of both, closing removes both', async () => {
  await using world = await start();
  const { number, sha } = await openPullRequest(world, {
    files: { 'apps/web/a.html': 'a', 'docs/a.html': 'a' },
  });
  for (const project of ['web', 'docs']) await deploy(world, { number, sha, project });
  expect(await rows(world, number)).toMatchObject({ web: '✅ Ready', docs: '✅ Ready' });

  const next = await push(world, { 'docs/a.html': 'b' });
  const { web, docs } = await states(world, number);
  expect(docs?.decision).toMatchObject({ action: 'deploy', rule: 'new-commit' });
  expect(web?.decision).toMatchObject({ action: 'skip', rule: 'paths' });
  expect(web?.current?.sha).toBe(sha);
  expect(await startByHand(world, { number, sha: next, project: 'web' })).toMatchObject({
    proceed: false,
    decision: { rule: 'paths' },
  });
  await deploy(world, { number, sha: next, project: 'docs' });
  const checks = await world.reviewer.checks(next);
  expect(Object.fromEntries(checks.map(({ name, conclusion }) => [name, conclusion]))).toEqual({
    Preview: CONCLUSION.success,
    'Preview / web': CONCLUSION.neutral,
    'Preview / docs': CONCLUSION.success,
  });
  expect(Object.keys(await rows(world, number)).sort()).toEqual(['docs', 'web']);

  // Compared with what is shown, not with the last push: this one touches neither, and web has still not changed.
  await push(world, { 'README.md': '# more\n' });
  const third = await push(world, { 'apps/web/a.html': 'c' });
  expect((await states(world, number))['web']?.decision).toMatchObject({ action: 'deploy' });
  expect((await states(world, number))['docs']?.decision).toMatchObject({ action: 'skip', rule: 'paths' });
  await deploy(world, { number, sha: third, project: 'web' });

  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  const closed = Object.values(await states(world, number));
  expect(closed.map(({ status }) => status)).toEqual([
    ENVIRONMENT_STATUS.destroyed,
    ENVIRONMENT_STATUS.destroyed,
  ]);
});

test('a project that a person adds gets previews besides the one that the repository has by itself', async () => {
  await using world = await start({ 'index.html': '<h1>Hello</h1>\n' });
  const { app, repoId } = world;
  const first = await openPullRequest(world);
  await addProject(app.ports, {
    repoId: repoId(),
    name: 'admin',
    settings: { root: 'admin', build: 'make' },
    actor,
  });
  const { number, sha } = await openPullRequest(world, { head: 'second' });
  expect(Object.keys(await states(world, number)).sort()).toEqual(['admin', 'hello']);
  const run = await begin(world, { number, sha, project: 'admin' });
  expect(run.plan).toMatchObject({ build: 'make', workingDirectory: 'admin' });
  expect(Object.keys(await rows(world, number)).sort()).toEqual(['admin', 'hello']);
  await push(world, { 'new.html': 'new' });
  expect(Object.keys(await states(world, first.number)).sort()).toEqual(['admin', 'hello']);
});

test('a project that is switched off deploys nothing and says so, until it is switched on again', async () => {
  await using world = await start({ 'index.html': '<h1>Hello</h1>\n' });
  const { app } = world;
  const { number, sha } = await openPullRequest(world);
  const { projectId } = (await lookAt(world, number)).environment;
  await changeProject(app.ports, { id: projectId, active: false, actor });
  expect(await startByHand(world, { number, sha })).toMatchObject({
    proceed: false,
    decision: { rule: 'project-inactive' },
  });
  await world.drain();
  const [check] = await world.reviewer.checks(sha);
  expect(check).toMatchObject({
    conclusion: CONCLUSION.neutral,
    output: { title: expect.stringMatching(/switched off/) },
  });
  await changeProject(app.ports, { id: projectId, active: true, actor });
  const next = await push(world, { 'index.html': 'again' });
  expect(await startByHand(world, { number, sha: next })).toMatchObject({ proceed: true });
});

test('a renamed project keeps its previews and their addresses', async () => {
  await using world = await start({ 'index.html': '<h1>Hello</h1>\n' });
  const { app } = world;
  const { number } = await openPullRequest(world);
  const before = (await lookAt(world, number)).environment;
  await changeProject(app.ports, { id: before.projectId, name: 'shop', actor });
  await push(world, { 'index.html': 'again' });
  const { environment } = await lookAt(world, number);
  expect(environment).toMatchObject({ id: before.id, project: 'shop', slug: before.slug, url: before.url });
});

/** Ports that fail at one call of the deletion, counted from 0, as if the process had been killed there. */
function failingAt(ports: Ports, nth: number) {
  let calls = 0;
  const stop = () => {
    if (calls++ === nth) throw new Error('Killed here.');
  };
  const watched = <Store extends object>(store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          stop();
          return Reflect.apply(member, target, args) as unknown;
        };
      },
    });
  const { projects, environments, deployments, logs, repos } = ports;
  return {
    ...ports,
    projects: watched(projects),
    environments: watched(environments),
    deployments: watched(deployments),
    logs: watched(logs),
    repos: watched(repos),
    log: () => undefined,
  };
}

test('a project is deleted with all that belongs to it, wherever the process is killed meanwhile', async () => {
  await using world = await start({ 'index.html': '<h1>Hello</h1>\n' });
  const { ports } = world.app;
  const { number, sha } = await openPullRequest(world);
  await deploy(world, { number, sha });
  const { environment, deployments } = await lookAt(world, number);
  const deploymentId = deployments[0]?.id ?? '';
  const line = { at: new Date(), type: 'build', stage: 'building', level: 'info', text: 'x' } as const;
  await ports.logs.append({ deploymentId, writer: 'run', batch: 1, lines: [line] });
  const { projectId: id } = environment;
  await expect(deleteProject(failingAt(ports, 4), { id, actor })).rejects.toThrow('Killed here.');

  // A pull request that moves meanwhile brings nothing back.
  await push(world, { 'index.html': 'again' });
  const ends: Decision[] = [];
  let kills = 0;
  for (; (await ports.projects.get(id)) !== null && kills < 60; kills += 1) {
    await continueDeletions(failingAt(ports, kills)).catch(() => 0);
    await world.drain();
    const decision = (await ports.environments.get(environment.id))?.decision;
    if (decision) ends.push(decision);
  }
  expect(kills).toBeGreaterThan(3);
  expect(ends.at(-1)?.rule).toBe('project-deleted');
  expect(await ports.environments.get(environment.id)).toBeNull();
  expect(await ports.logs.chunksFrom(deploymentId, 0, 5)).toEqual([]);
  expect((await ports.deployments.get(deploymentId))?.deletedAt).toBeInstanceOf(Date);
  const always = { from: '2000-01-01', to: '2999-12-31' };
  expect(await ports.statistics.days({ projectId: id, ...always })).toEqual([]);
  expect(await ports.statistics.days(always)).not.toEqual([]);
  expect(await ports.projects.ofRepo(world.repoId())).toEqual([]);
  const [comment] = await world.reviewer.comments(number);
  expect(comment?.body).toMatch(/The project was deleted/);

  const later = await openPullRequest(world, { head: 'later' });
  expect(await states(world, later.number)).toEqual({});
});

test('what is stored for a repository goes after its App was uninstalled, and previews go at once', async () => {
  await using world = await start();
  const { ports } = world.app;
  const { number, sha } = await openPullRequest(world, { files: { 'docs/a.html': 'a' } });
  await deploy(world, { number, sha, project: 'docs' });
  world.github.changeInstallation({ account: 'acme', action: 'deleted' });
  await world.drain();
  const gone = Object.values(await states(world, number));
  expect(gone.every(({ status }) => status === ENVIRONMENT_STATUS.destroyed)).toBe(true);
  expect(gone.find(({ project }) => project === 'docs')?.decision?.rule).toBe('repository-removed');
  await continueDeletions(portsIn(-DAY_MS, world));
  expect(await ports.projects.ofRepo(world.repoId())).toHaveLength(2);
  await continueDeletions(portsIn(DAY_MS, world));
  expect(await states(world, number)).toEqual({});
  expect(await ports.projects.ofRepo(world.repoId())).toEqual([]);
  expect(await ports.repos.get(world.repoId())).toBeNull();
});
