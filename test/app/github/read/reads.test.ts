import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { startStage, type Stage } from '../stage.js';

const SETTINGS = 'build: npm run build\n';
let stage: Stage;

beforeAll(async () => {
  stage = await startStage({
    emulator: {
      repositories: [
        {
          fullName: 'acme/hello',
          files: { 'README.md': '# hello\n', '.github/preview.yml': SETTINGS },
          collaborators: { hubot: 'write', stranger: 'triage' },
        },
      ],
    },
  });
});
afterEach(() => {
  expect(stage.emulated.violations.filter(({ side }) => side === 'request')).toEqual([]);
  stage.emulated.stopFailing();
});
afterAll(() => stage.close());

test('a pull request is read, and its newest commit on its own', async () => {
  const facts = await stage.github.pullRequest(stage.repo, stage.number);
  expect(facts).toMatchObject({
    number: stage.number,
    state: 'open',
    merged: false,
    draft: false,
    head: { ref: 'bigger-buttons', sha: stage.sha, repoId: stage.repo.repoId },
    base: { ref: 'main', repoId: stage.repo.repoId },
    author: { login: 'octocat', isBot: false },
  });
  expect(await stage.github.commit(stage.repo, stage.sha)).toEqual({
    message: expect.any(String),
    committedAt: expect.any(Date),
  });
  expect(await stage.github.commit(stage.repo, 'f'.repeat(40))).toBeUndefined();
  expect(facts?.updatedAt).toBeInstanceOf(Date);
});

test('a pull request that is not there is null', async () => {
  expect(await stage.github.pullRequest(stage.repo, 999)).toBeNull();
});

test('all open pull requests are listed, over several pages, and closed ones are not', async () => {
  const numbers = [stage.number];
  for (let count = 0; count < 101; count += 1) {
    const opened = await stage.emulated.openPullRequest({ repository: 'acme/hello', head: `many-${count}` });
    numbers.push(opened.pullRequest.number);
  }
  const closed = numbers.pop() ?? 0;
  stage.emulated.closePullRequest({ repository: 'acme/hello', number: closed });
  const open = await stage.github.openPullRequests(stage.repo);
  expect(open.map(({ number }) => number).sort((a, b) => a - b)).toEqual(numbers);
});

test('the workflow runs of a commit are listed, with those that have ended', async () => {
  const at = { repository: 'acme/hello', number: stage.number };
  const ended = await stage.emulated.startRun({ ...at, workflow: 'lint' });
  stage.emulated.finishRun(ended, 'timed_out');
  const open = await stage.emulated.startRun(at);
  await stage.emulated.startRun({ ...at, eventName: 'push' });
  expect(await stage.github.workflowRuns(stage.repo, stage.sha)).toEqual([
    {
      id: String(open.id),
      attempt: 1,
      name: 'preview',
      workflow: '.github/workflows/preview.yml',
      conclusion: null,
      startedAt: expect.any(Date),
      endedAt: null,
      url: `${stage.emulated.url}/acme/hello/actions/runs/${open.id}`,
    },
    expect.objectContaining({
      id: String(ended.id),
      name: 'lint',
      conclusion: 'timed_out',
      endedAt: expect.any(Date),
    }),
  ]);
  expect(await stage.github.workflowRuns(stage.repo, 'f'.repeat(40))).toEqual([]);
});

test('workflow runs that GitHub does not let us see are not known', async () => {
  stage.emulated.fail({ kind: 'status', status: 403, path: /\/actions\/runs$/ });
  expect(await stage.github.workflowRuns(stage.repo, stage.sha)).toBeUndefined();
});

test('whether the App is installed, and not suspended, is asked of GitHub', async () => {
  expect(await stage.github.isAwake(stage.repo.installationId)).toBe(true);
  expect(await stage.github.isAwake(424_242)).toBe(false);
  stage.emulated.changeInstallation({ account: 'acme', action: 'suspend' });
  expect(await stage.github.isAwake(stage.repo.installationId)).toBe(false);
  stage.emulated.changeInstallation({ account: 'acme', action: 'unsuspend' });
  expect(await stage.github.isAwake(stage.repo.installationId)).toBe(true);
});

test('the changed files of a pull request are listed', async () => {
  const { pullRequest } = await stage.emulated.openPullRequest({
    repository: 'acme/hello',
    head: 'files',
    files: { 'docs/a.md': 'a', 'src/b.ts': 'b' },
  });
  expect(await stage.github.changedFiles(stage.repo, pullRequest.number)).toEqual(
    expect.arrayContaining(['docs/a.md', 'src/b.ts']),
  );
});

test.each([
  ['octocat', 'admin'],
  ['hubot', 'write'],
  ['stranger', 'triage'],
])('%s has the permission %s', async (login, permission) => {
  expect(await stage.github.permission(stage.repo, login)).toBe(permission);
});

test.each(['nobody-of-this-name', 'dependabot[bot]', '../../user', ''])(
  'of %p nothing is known, and nobody may do anything',
  async (login) => {
    expect((await stage.github.permission(stage.repo, login)) ?? 'none').toBe('none');
  },
);

test.each([403, 404, 422])('a permission that is answered with %d is unknown', async (status) => {
  stage.emulated.fail({ path: /\/permission$/, kind: 'status', status });
  expect(await stage.github.permission(stage.repo, 'octocat')).toBeUndefined();
});

test('no answer about a permission is not an answer: the work must come again', async () => {
  stage.emulated.fail({ path: /\/permission$/, kind: 'status', status: 500, times: 3 });
  await expect(stage.github.permission(stage.repo, 'octocat')).rejects.toMatchObject({ kind: 'ambiguous' });
});

test('the settings file is read at a branch and at a commit', async () => {
  expect(await stage.github.settingsFile(stage.repo, { sha: 'main' })).toMatchObject({ file: SETTINGS });
  expect(await stage.github.settingsFile(stage.repo, { sha: stage.sha })).toMatchObject({ file: SETTINGS });
  expect(await stage.github.branchHead(stage.repo, 'main')).toMatch(/^[0-9a-f]{40}$/);
});

test('a repository without the file has no settings', async () => {
  await stage.emulated.createRepository({ fullName: 'acme/bare', files: { 'README.md': '' } });
  const found = await stage.github.repository('acme/bare');
  if (!found) throw new Error('The App does not see acme/bare.');
  expect(await stage.github.settingsFile(found.repo, { sha: 'main' })).toEqual({ kind: 'absent' });
});

test('a repository is found by its name, with what is needed to act there', async () => {
  expect(await stage.github.repository('acme/hello')).toEqual({
    repo: stage.repo,
    ownerId: expect.any(Number) as unknown,
    defaultBranch: 'main',
    private: false,
  });
});

test.each(['acme/unknown', 'nobody/hello', 'hello', 'a/b/c', ''])(
  '%p is no repository that the App can see',
  async (name) => {
    expect(await stage.github.repository(name)).toBeNull();
  },
);
