import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EmulatedGitHub } from '../../../demo/github/emulated-github.js';
import { startTestGitHub } from '../../support/start-test-github.js';
import { appOctokit, HELLO, octokitOf } from './clients.js';

const repository = 'acme/hello';
let github: EmulatedGitHub;
let octokit: ReturnType<typeof octokitOf>;
let number: number;
let sha: string;

beforeAll(async () => {
  github = await startTestGitHub({
    repositories: [
      {
        fullName: repository,
        files: { 'README.md': '# hello\n', '.github/preview.yml': 'build: npm run build\n' },
        collaborators: { hubot: 'write' },
      },
    ],
  });
  octokit = await appOctokit(github);
  const { pullRequest } = await github.openPullRequest({ repository, head: 'feature' });
  number = pullRequest.number;
  sha = pullRequest.head.sha;
});

afterAll(async () => {
  // Whatever the tests above did, no request and no reply may stray from GitHub's description, except where a test provokes it.
  const violations = [...github.violations];
  await github.close();
  expect(violations).toEqual([]);
});

test('an App reads itself, its installations and its repositories', async () => {
  const app = octokitOf(github, github.appJwt());
  expect((await app.rest.apps.getAuthenticated()).data).toMatchObject({
    id: github.app.id,
    slug: github.app.slug,
  });
  const { data: installations } = await app.rest.apps.listInstallations();
  expect(installations.map(({ id }) => id)).toEqual([github.installationId('acme')]);
  const { data } = await octokit.rest.apps.listReposAccessibleToInstallation();
  expect(data.repositories.map(({ full_name }) => full_name)).toEqual([repository]);
});

test('an App reads a repository by its name', async () => {
  const { data } = await octokit.rest.repos.get({ owner: 'acme', repo: 'hello' });
  expect(data).toMatchObject({ full_name: repository, subscribers_count: 0 });
});

test('a token request is recorded with the narrowing it asked for', async () => {
  const { id } = github.state.repositories.values().next().value?.document ?? {};
  const app = octokitOf(github, github.appJwt());
  const { data } = await app.rest.apps.createInstallationAccessToken({
    installation_id: github.installationId('acme') ?? 0,
    repository_ids: [Number(id)],
    permissions: { checks: 'write' },
  });
  const [request] = github.requests({ method: 'POST', path: /access_tokens$/ });
  expect(request).toMatchObject({
    by: 'app',
    status: 201,
    body: { repository_ids: [id], permissions: { checks: 'write' } },
  });
  const narrow = octokitOf(github, data.token);
  await expect(narrow.rest.repos.createDeployment({ ...HELLO, ref: 'main' })).rejects.toMatchObject({
    status: 403,
  });
});

test.each([
  ['an unknown token', 'ghs_invented'],
  ['a token that no App signed', 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiI0MTIwMDEifQ.AAAA'],
])('%s is refused', async (_, token) => {
  await expect(octokitOf(github, token).rest.repos.get(HELLO)).rejects.toMatchObject({ status: 401 });
});

test('contents are those of the ref: branch, commit and merge commit', async () => {
  const main = await octokit.rest.repos.getContent({ ...HELLO, path: '.github/preview.yml' });
  expect(Buffer.from((main.data as { content: string }).content, 'base64').toString()).toBe(
    'build: npm run build\n',
  );
  const { data: pull } = await octokit.rest.pulls.get({ ...HELLO, pull_number: number });
  for (const ref of ['feature', sha, pull.merge_commit_sha ?? '']) {
    const { data } = await octokit.rest.repos.getContent({ ...HELLO, path: 'change.md', ref });
    expect(data).toMatchObject({ type: 'file', path: 'change.md' });
  }
  const missing = octokit.rest.repos.getContent({ ...HELLO, path: 'change.md' });
  await expect(missing).rejects.toMatchObject({ status: 404 });
  expect(github.filesAt(repository, `refs/pull/${number}/merge`)).toHaveProperty(['change.md']);
});

test.each([
  ['octocat', 'admin'],
  ['hubot', 'write'],
  ['stranger', 'read'],
])('%s has the permission %s', async (username, permission) => {
  const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...HELLO, username });
  expect(data.permission).toBe(permission);
});

test('comments are listed by page, and those of the App are told from those of people', async () => {
  const { pullRequest } = await github.openPullRequest({ repository, head: 'comments' });
  const place = { ...HELLO, issue_number: pullRequest.number };
  const person = octokitOf(github, github.userToken('stranger'));
  await person.rest.issues.createComment({ ...place, body: '<!-- preview:sticky --> mine' });
  const { data: own } = await octokit.rest.issues.createComment({ ...place, body: 'first' });
  await octokit.rest.issues.updateComment({ ...HELLO, comment_id: own.id, body: 'second' });
  const first = await octokit.rest.issues.listComments({ ...place, per_page: 1 });
  expect(first.headers.link).toContain('rel="next"');
  expect(first.data[0]).toMatchObject({
    user: { login: 'stranger', type: 'User' },
    performed_via_github_app: null,
  });
  const all = await octokit.paginate(octokit.rest.issues.listComments, { ...place, per_page: 1 });
  expect(all[1]).toMatchObject({
    body: 'second',
    user: { login: `${github.app.slug}[bot]`, type: 'Bot' },
    performed_via_github_app: { id: github.app.id },
  });
});

test('a check run belongs to its App, keeps its annotations and is found by name and App', async () => {
  const { data: run } = await octokit.rest.checks.create({
    ...HELLO,
    name: 'Preview',
    head_sha: sha,
    external_id: 'environment-1',
    status: 'in_progress',
    output: { title: 'Building', summary: 'Stage 1', annotations: [annotation(1)] },
  });
  expect(run).toMatchObject({ status: 'in_progress', conclusion: null, app: { id: github.app.id } });
  expect(run.pull_requests[0]).toMatchObject({ number });
  const { data: done } = await octokit.rest.checks.update({
    ...HELLO,
    check_run_id: run.id,
    conclusion: 'success',
    output: { title: 'Ready', summary: 'Live', annotations: [annotation(2)] },
  });
  expect(done).toMatchObject({
    status: 'completed',
    conclusion: 'success',
    output: { annotations_count: 2 },
  });
  const search = { ...HELLO, ref: 'feature', check_name: 'Preview', app_id: github.app.id };
  const { data: found } = await octokit.rest.checks.listForRef(search);
  expect(found.check_runs.map(({ id }) => id)).toEqual([run.id]);
  const { data: foreign } = await octokit.rest.checks.listForRef({ ...search, app_id: 15_368 });
  expect(foreign.total_count).toBe(0);
});

test('a check run that has ended never works again, and keeps its conclusion until it gets another one', async () => {
  const { data: run } = await octokit.rest.checks.create({
    ...HELLO,
    name: 'Ended',
    head_sha: sha,
    conclusion: 'failure',
  });
  const that = { ...HELLO, check_run_id: run.id };
  const back = await octokit.rest.checks.update({
    ...that,
    status: 'in_progress',
    output: { title: 'Again', summary: 'Once more' },
  });
  const { completed_at } = run;
  const ended = { status: 'completed', completed_at };
  expect(back.data).toMatchObject({ ...ended, conclusion: 'failure', output: { title: 'Again' } });
  const other = await octokit.rest.checks.update({ ...that, status: 'completed', conclusion: 'success' });
  expect(other.data).toMatchObject({ ...ended, conclusion: 'success' });
});

test('only the App that made a check run may change it', async () => {
  const { data: run } = await octokit.rest.checks.create({ ...HELLO, name: 'Mine', head_sha: sha });
  const job = await github.startRun({ repository, number, permissions: { checks: 'write' } });
  const actions = octokitOf(github, job.token);
  const change = actions.rest.checks.update({ ...HELLO, check_run_id: run.id, status: 'in_progress' });
  await expect(change).rejects.toMatchObject({ status: 403 });
  const { data: own } = await actions.rest.checks.create({ ...HELLO, name: 'Preview', head_sha: sha });
  expect(own.app).toMatchObject({ slug: 'github-actions' });
});

test('a deployment goes from queued to live to inactive', async () => {
  const { data: deployment } = await octokit.rest.repos.createDeployment({
    ...HELLO,
    ref: sha,
    environment: 'preview',
    required_contexts: [],
    auto_merge: false,
    transient_environment: true,
    production_environment: false,
    payload: { environment: 'pr-1' },
  });
  if (!('id' in deployment)) throw new Error('GitHub merged instead of deploying');
  expect(deployment).toMatchObject({ sha, environment: 'preview', transient_environment: true });
  const place = { ...HELLO, deployment_id: deployment.id };
  for (const state of ['in_progress', 'success', 'inactive'] as const) {
    const environment_url = 'http://pr-1-hello.localhost:3000';
    const { data } = await octokit.rest.repos.createDeploymentStatus({
      ...place,
      state,
      environment_url,
      log_url: 'http://localhost/logs',
    });
    expect(data).toMatchObject({ state, environment_url, creator: { login: `${github.app.slug}[bot]` } });
  }
  const { data: statuses } = await octokit.rest.repos.listDeploymentStatuses(place);
  expect(statuses.map(({ state }) => state)).toEqual(['inactive', 'success', 'in_progress']);
  const { data: listed } = await octokit.rest.repos.listDeployments({
    ...HELLO,
    environment: 'preview',
    sha,
  });
  expect(listed.map(({ id }) => id)).toEqual([deployment.id]);
  await octokit.rest.repos.deleteDeployment(place);
  await expect(octokit.rest.repos.getDeployment(place)).rejects.toMatchObject({ status: 404 });
});

test('without required_contexts: [] a commit with an unfinished check is not deployed', async () => {
  await octokit.rest.checks.create({ ...HELLO, name: 'Slow', head_sha: sha });
  await expect(octokit.rest.repos.createDeployment({ ...HELLO, ref: sha })).rejects.toMatchObject({
    status: 409,
  });
});

test('commit statuses add up to the combined status of their newest', async () => {
  const status = { ...HELLO, sha, context: 'preview' };
  await octokit.rest.repos.createCommitStatus({ ...status, state: 'pending' });
  await octokit.rest.repos.createCommitStatus({
    ...status,
    state: 'success',
    target_url: 'http://localhost',
  });
  const { data } = await octokit.rest.repos.getCombinedStatusForRef({ ...HELLO, ref: 'feature' });
  expect(data).toMatchObject({ state: 'success', total_count: 1 });
  const { data: all } = await octokit.rest.repos.listCommitStatusesForRef({ ...HELLO, ref: sha });
  expect(all.map(({ state }) => state)).toEqual(['success', 'pending']);
});

test('a workflow run is found while it goes and after it ended', async () => {
  const run = await github.startRun({ repository, number });
  const place = { ...HELLO, run_id: run.id };
  expect((await octokit.rest.actions.getWorkflowRun(place)).data).toMatchObject({
    status: 'in_progress',
    head_sha: sha,
  });
  github.finishRun(run, 'failure');
  expect((await octokit.rest.actions.getWorkflowRun(place)).data).toMatchObject({
    status: 'completed',
    conclusion: 'failure',
  });
  const { data } = await octokit.rest.actions.listWorkflowRunsForRepo({
    ...HELLO,
    head_sha: sha,
    event: 'pull_request',
  });
  expect(data.workflow_runs.map(({ id }) => id)).toContain(run.id);
});

test('pull requests are listed by state and head, and an unchanged list costs a 304', async () => {
  const { pullRequest } = await github.openPullRequest({ repository, head: 'to-close' });
  github.closePullRequest({ repository, number: pullRequest.number });
  const { data: closed } = await octokit.rest.pulls.list({ ...HELLO, state: 'closed' });
  expect(closed.map((pull) => pull.number)).toEqual([pullRequest.number]);
  const list = await octokit.rest.pulls.list({ ...HELLO, state: 'open', head: 'acme:feature' });
  expect(list.data.map((pull) => pull.number)).toEqual([number]);
  const again = octokit.request('GET /repos/{owner}/{repo}/pulls', {
    ...HELLO,
    state: 'open',
    head: 'acme:feature',
    headers: { 'if-none-match': list.headers.etag },
  });
  await expect(again).rejects.toMatchObject({ status: 304 });
});

test('an App manifest is converted once', async () => {
  const anybody = octokitOf(github, github.userToken('octocat'));
  const { data } = await anybody.request('POST /app-manifests/{code}/conversions', { code: 'one-time' });
  expect(data).toMatchObject({
    id: github.app.id,
    pem: github.app.privateKey,
    webhook_secret: github.app.webhookSecret,
  });
  const again = anybody.request('POST /app-manifests/{code}/conversions', { code: 'one-time' });
  await expect(again).rejects.toMatchObject({ status: 404 });
});

function annotation(line: number) {
  const level = 'failure' as const;
  return {
    path: 'index.html',
    start_line: line,
    end_line: line,
    annotation_level: level,
    message: `Line ${line}`,
  };
}
