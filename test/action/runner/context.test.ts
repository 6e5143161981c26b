import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pullRequestOf, readContext } from '../../../action/runner/context.js';
import { SHA } from '../support/fake-vitrine.js';
import { pullRequestEvent } from '../support/run-action.js';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vitrine-context-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const ENV = {
  GITHUB_REPOSITORY: 'acme/hello',
  GITHUB_RUN_ID: '9',
  GITHUB_EVENT_NAME: 'pull_request',
  GITHUB_SHA: 'f'.repeat(40),
};

async function contextOf(event: string, env: Record<string, string> = {}) {
  const path = join(directory, 'event.json');
  await writeFile(path, event);
  return readContext({ ...ENV, GITHUB_EVENT_PATH: path, ...env }, '/work');
}

test('the commit is the head of the pull request, not the merge commit of the run', async () => {
  const context = await contextOf(JSON.stringify(pullRequestEvent()), {
    GITHUB_RUN_ATTEMPT: '3',
    GITHUB_JOB: 'web',
  });
  expect(context).toEqual({
    event: 'pull_request',
    eventAction: 'synchronize',
    owner: 'acme',
    repo: 'hello',
    pullRequest: { number: 7, sha: SHA, branch: 'feature', baseBranch: 'main', fork: false },
    run: { id: '9', attempt: 3, job: 'web' },
    previousSha: null,
    logsUrl: 'https://github.com/acme/hello/actions/runs/9/attempts/3',
    apiUrl: 'https://api.github.com',
    workspace: '/work',
  });
});

test.each([
  ['another repository', 2, true],
  ['a deleted repository', null, true],
  ['this repository', 1, false],
])('a pull request from %s is a fork: %s', (_title, headRepo, fork) => {
  expect(pullRequestOf(pullRequestEvent({ headRepo }))).toMatchObject({ fork });
});

test.each([
  '{}',
  'null',
  '[]',
  '"text"',
  '{"pull_request":null}',
  '{"pull_request":{"number":"7","head":{"sha":1}}}',
])('an event file with %s belongs to no pull request', async (event) => {
  expect((await contextOf(event)).pullRequest).toBeNull();
});

test.each([SHA.slice(1), `${SHA}0`, SHA.toUpperCase(), '../../../etc/passwd'])(
  'the commit %j is refused',
  async (sha) => {
    const event = pullRequestEvent();
    event.pull_request.head.sha = sha;
    await expect(contextOf(JSON.stringify(event))).rejects.toThrow('no full commit SHA');
  },
);

test('an unreadable event file is said to be one', async () => {
  await expect(contextOf('{')).rejects.toThrow('GITHUB_EVENT_PATH');
  await expect(readContext({ ...ENV, GITHUB_EVENT_PATH: '/nowhere' }, '/')).rejects.toThrow(
    'GITHUB_EVENT_PATH',
  );
});

test('without an event file there is no pull request', async () => {
  expect((await readContext(ENV, '/')).pullRequest).toBeNull();
});

test('outside of a workflow the missing variable is named', async () => {
  await expect(readContext({}, '/')).rejects.toThrow('GITHUB_REPOSITORY is not set');
});
