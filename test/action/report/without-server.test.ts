import { afterAll, describe, expect, test } from '@jest/globals';
import { formatExternalId, parseExternalId } from '../../../src/shared/run-ref.js';
import { CHECK, CONCLUSION, DEPLOYMENT_STATE } from '../../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, STAGE_STATUS } from '../../../src/shared/status/words.js';
import { BOT, startFakeGitHub, type FakeGitHub } from '../support/fake-github.js';
import { SHA } from '../support/fake-vitrine.js';
import type { Recorded, Reply } from '../support/recording-server.js';
import {
  forgetSharedFiles,
  pullRequestEvent,
  runAction,
  runSource,
  type ActionOptions,
} from '../support/run-action.js';
import { makeWorkspace } from '../support/workspace.js';

afterAll(forgetSharedFiles);

const REFUSED = { status: 403, json: { message: 'Resource not accessible by integration' } };

const at = (method: string, path: RegExp, reply: Reply) => ({
  fault: ({ request }: { request: Recorded }) =>
    request.method === method && path.test(request.path) ? reply : undefined,
});

const APP_CHECK = {
  id: 1,
  name: 'Preview',
  app: { id: 99, slug: 'vitrine' },
  external_id: formatExternalId({ environment: 'pr-7', project: 'hello', sha: SHA, run: null }),
};

async function runOn(
  run: typeof runAction,
  {
    github,
    inputs,
    ...more
  }: { github: FakeGitHub; inputs?: Record<string, string> } & Partial<Omit<ActionOptions, 'inputs'>>,
) {
  await using workspace = await makeWorkspace({});
  const all = { url: `${github.url}/site`, 'github-token': 'ghs_token', 'wait-timeout': '1s', ...inputs };
  return await run({ workspace, inputs: all, ...more, env: { GITHUB_API_URL: github.url, ...more.env } });
}

function statesOf(github: FakeGitHub): unknown[] {
  return [...github.statuses.values()].map((statuses) => statuses.map(({ state }) => state));
}

describe('one check named Preview', () => {
  const namesOn = (github: FakeGitHub) => github.checks.map(({ name }) => name);

  test('where the App has one already, the run calls its own by another name, and finds it again', async () => {
    await using github = await startFakeGitHub({ checks: [APP_CHECK] });
    await runOn(runSource, { github });
    await runOn(runSource, { github });
    expect(namesOn(github)).toEqual(['Preview', 'Preview (workflow run)']);
    expect(github.checks[1]).toMatchObject({ conclusion: CONCLUSION.success });
    expect([github.comments, github.deployments]).toEqual([[], []]);
  });

  test('the check of another product is not taken for the one of the App', async () => {
    const theirs = { ...APP_CHECK, app: { id: 98, slug: 'other' }, external_id: 'deploy-7' };
    await using github = await startFakeGitHub({ checks: [theirs] });
    await runOn(runSource, { github });
    expect(namesOn(github)).toEqual(['Preview', 'Preview']);
    expect([github.comments.length, github.deployments.length]).toEqual([1, 1]);
  });
});

describe.each([
  ['the bundle', runAction],
  ['the source', runSource],
] as const)('%s', (_name, run) => {
  test('alone, it reports by check run, deployment and comment', async () => {
    await using github = await startFakeGitHub();
    const ran = await runOn(run, { github });
    expect(ran.stderr).toBe('');
    expect(ran.outputs).toMatchObject({
      status: DEPLOYMENT_STATUS.success,
      live: 'true',
      'preview-url': `${github.url}/site`,
      environment: 'pr-7',
      'deployment-id': '',
    });
    expect(github.checks).toMatchObject([
      {
        name: 'Preview',
        head_sha: SHA,
        status: CHECK.completed,
        conclusion: CONCLUSION.success,
        details_url: `${github.url}/site`,
      },
    ]);
    expect(parseExternalId(github.checks[0]?.['external_id'] as string)).toEqual({
      environment: 'pr-7',
      project: 'hello',
      sha: SHA,
      run: { id: '42', attempt: 1, job: 'preview' },
    });
    expect(github.deployments).toMatchObject([
      {
        ref: SHA,
        environment: 'preview',
        required_contexts: [],
        auto_merge: false,
        transient_environment: true,
        production_environment: false,
      },
    ]);
    expect(statesOf(github)).toEqual([[DEPLOYMENT_STATE.success, DEPLOYMENT_STATE.inProgress]]);
    expect(github.comments).toMatchObject([{ body: expect.stringContaining(`<${github.url}/site>`) }]);
  });

  test('where the App reports, only the check run is written', async () => {
    await using github = await startFakeGitHub({ checks: [APP_CHECK] });
    await runOn(run, { github });
    expect(github.checks.map(({ conclusion }) => conclusion)).toEqual([undefined, CONCLUSION.success]);
    expect([github.comments, github.deployments]).toEqual([[], []]);
  });

  const app = { login: 'vitrine[bot]', type: 'Bot' };
  const mallory = { login: 'mallory', type: 'User' };
  const before = 'c'.repeat(40);
  test.each([
    ['the comment of the App', { comments: [{ id: 1, body: '<!-- vitrine:99:7 -->\n', user: app }] }, 0],
    [
      'the check of the App on the commit before',
      { checks: [{ ...APP_CHECK, name: 'Preview / hello', head_sha: before }] },
      0,
    ],
    ['a copy of its marker', { comments: [{ id: 1, body: '<!-- vitrine:99:7 -->\n', user: mallory }] }, 1],
    [
      'its comment on another pull request',
      { comments: [{ id: 1, body: '<!-- vitrine:99:77 -->', user: app }] },
      1,
    ],
  ])('where the App has not come to this commit yet, %s tells of it', async (_title, given, own) => {
    await using github = await startFakeGitHub(given);
    const known = github.comments.length;
    await runOn(run, { github, event: { ...pullRequestEvent(), before } });
    expect(github.checks.at(-1)).toMatchObject({ name: 'Preview', conclusion: CONCLUSION.success });
    expect([github.comments.length - known, github.deployments.length]).toEqual([own, own]);
  });

  test('run again, it writes no second check, deployment or comment', async () => {
    await using github = await startFakeGitHub();
    await runOn(run, { github });
    await runOn(run, { github });
    expect([github.checks.length, github.deployments.length, github.comments.length]).toEqual([1, 1, 1]);
  });

  test('the marker in the comment of somebody else is not taken for ours, on whatever page', async () => {
    const theirs = Array.from({ length: 100 }, (_, id) => ({
      id,
      body: '<!-- vitrine:preview-of:hello --> mine',
      user: { login: 'mallory' },
    }));
    await using github = await startFakeGitHub({ comments: theirs });
    await runOn(run, { github });
    await runOn(run, { github });
    expect(github.comments).toHaveLength(101);
    expect(github.comments.at(-1)).toMatchObject({ user: { login: BOT } });
    expect(theirs.every(({ body }) => body.endsWith('mine'))).toBe(true);
  });

  test('comment: false writes no comment', async () => {
    await using github = await startFakeGitHub();
    await runOn(run, { github, inputs: { comment: 'false' } });
    expect(github.comments).toEqual([]);
  });

  test('a preview that does not answer turns the check red, with the reason in the first line', async () => {
    await using github = await startFakeGitHub({ site: () => ({ status: 502 }) });
    const ran = await runOn(run, { github });
    expect([ran.code, ran.outputs['status'], ran.outputs['live']]).toEqual([
      1,
      DEPLOYMENT_STATUS.failed,
      'false',
    ]);
    expect(github.checks).toMatchObject([{ status: CHECK.completed, conclusion: CONCLUSION.failure }]);
    const { summary } = github.checks[0]?.['output'] as { summary: string };
    expect(summary.split('\n')[0]).toContain('did not become reachable in 1 s');
    expect(statesOf(github)).toEqual([[DEPLOYMENT_STATE.failure, DEPLOYMENT_STATE.inProgress]]);
  });

  test('a newer commit makes the deployment of the older one inactive', async () => {
    await using github = await startFakeGitHub();
    await runOn(run, { github });
    const event = pullRequestEvent();
    event.pull_request.head.sha = 'c'.repeat(40);
    await runOn(run, { github, event });
    expect(statesOf(github)).toEqual([
      [DEPLOYMENT_STATE.inactive, DEPLOYMENT_STATE.success, DEPLOYMENT_STATE.inProgress],
      [DEPLOYMENT_STATE.success, DEPLOYMENT_STATE.inProgress],
    ]);
  });

  test('when the pull request closes, everything reported becomes inactive, once', async () => {
    await using github = await startFakeGitHub();
    await runOn(run, { github });
    const event = pullRequestEvent({ action: 'closed' });
    const first = await runOn(run, { github, event });
    await runOn(run, { github, event });
    expect(first.outputs['status']).toBe(ENVIRONMENT_STATUS.destroyed);
    expect(statesOf(github)).toEqual([
      [DEPLOYMENT_STATE.inactive, DEPLOYMENT_STATE.success, DEPLOYMENT_STATE.inProgress],
    ]);
    expect(github.comments).toMatchObject([{ body: expect.stringContaining('Destroyed') }]);
  });

  describe('with a server, when the pull request closes', () => {
    const inputs = { 'server-url': 'http://127.0.0.1:1' };
    const event = pullRequestEvent({ action: 'closed' });

    test('what was reported past it is taken back', async () => {
      await using github = await startFakeGitHub();
      await runOn(run, { github });
      const ran = await runOn(run, { github, event, inputs });
      expect([ran.code, ran.outputs['status']]).toEqual([0, ENVIRONMENT_STATUS.destroyed]);
      expect(statesOf(github)[0]).toContain(DEPLOYMENT_STATE.inactive);
      expect(github.comments).toMatchObject([{ body: expect.stringContaining('Destroyed') }]);
    });

    test.each([
      ['nothing was reported past it', undefined],
      ['the token may not look', () => REFUSED],
    ])('and %s, there is nothing to do', async (_title, fault) => {
      await using github = await startFakeGitHub(fault ? { fault } : {});
      const ran = await runOn(run, { github, event, inputs });
      expect([ran.code, ran.outputs['status']]).toEqual([0, STAGE_STATUS.skipped]);
      expect(ran.outputs['reason']).toContain('The server removes the preview');
    });
  });

  test('closing what was never reported is nothing to do', async () => {
    await using github = await startFakeGitHub();
    const ran = await runOn(run, { github, event: pullRequestEvent({ action: 'closed' }) });
    expect([ran.code, ran.outputs['status'], github.comments]).toEqual([0, STAGE_STATUS.skipped, []]);
  });

  test('another event works with pr-number: the head commit is asked for', async () => {
    await using github = await startFakeGitHub();
    const env = { GITHUB_EVENT_NAME: 'workflow_dispatch' };
    await runOn(run, { github, event: { inputs: {} }, env, inputs: { 'pr-number': '7' } });
    expect(github.checks).toMatchObject([{ head_sha: SHA }]);
  });

  test('a number that no pull request has is said to be wrong', async () => {
    const gone = { status: 404, json: { message: 'Not Found' } };
    await using github = await startFakeGitHub(at('GET', /\/pulls\/99$/, gone));
    const ran = await runOn(run, { github, inputs: { 'pr-number': '99' } });
    expect([ran.code, ran.outputs['status']]).toEqual([1, DEPLOYMENT_STATUS.failed]);
    expect(ran.outputs['reason']).toContain('There is no pull request #99 that this job can see');
  });

  test('the visit is a group of the log', async () => {
    await using github = await startFakeGitHub();
    const { stdout } = await runOn(run, { github });
    expect(stdout).toMatch(/^::group::Verifying\n[^:].* answers 200\.\n::endgroup::$/m);
  });

  test('a deployment whose payload comes back as text is found again', async () => {
    await using github = await startFakeGitHub();
    await runOn(run, { github });
    for (const row of github.deployments) row['payload'] = JSON.stringify(row['payload']);
    await runOn(run, { github });
    expect(github.deployments).toHaveLength(1);
  });

  test.each([
    [
      'a fork, whose token may only read, ends neutral',
      pullRequestEvent({ headRepo: 2 }),
      0,
      STAGE_STATUS.skipped,
    ],
    ['a job without the permission fails', pullRequestEvent(), 1, DEPLOYMENT_STATUS.failed],
  ])('%s and names the permissions', async (_title, event, code, status) => {
    const fault = () => ({ status: 403, json: { message: 'Resource not accessible by integration' } });
    await using github = await startFakeGitHub({ fault });
    const ran = await runOn(run, { github, event });
    expect([ran.code, ran.outputs['status']]).toEqual([code, status]);
    expect(ran.outputs['reason']).toContain('checks: write');
  });

  test('GitHub failing after it did the work doubles nothing', async () => {
    const lost = new Set<string>();
    await using github = await startFakeGitHub();
    await using flaky = await startFakeGitHub({
      // Every first POST is done by the real one below, and its answer is lost.
      fault: ({ request }) => {
        if (request.method !== 'POST' || lost.has(request.path)) return undefined;
        lost.add(request.path);
        return { status: 502, json: { message: 'Bad gateway' } };
      },
    });
    await runOn(run, { github: flaky });
    expect([flaky.checks.length, flaky.deployments.length, flaky.comments.length]).toEqual([1, 1, 1]);
    expect(github.requests).toHaveLength(0);
  });

  test('a cancelled run completes its check run as cancelled', async () => {
    await using github = await startFakeGitHub({ site: () => ({ status: 503 }) });
    const ran = await runOn(run, {
      github,
      inputs: { 'wait-timeout': '60s' },
      onOutput: (stdout, stop) => (stdout.includes('Next try') ? stop('SIGTERM') : undefined),
    });
    expect([ran.code, ran.outputs['status']]).toEqual([1, DEPLOYMENT_STATUS.cancelled]);
    expect(github.checks).toMatchObject([{ status: CHECK.completed, conclusion: CONCLUSION.cancelled }]);
  });

  test('a deployment that is refused completes the check run, with the reason', async () => {
    await using github = await startFakeGitHub(at('POST', /deployments$/, REFUSED));
    const ran = await runOn(run, { github });
    expect([ran.code, ran.outputs['status']]).toEqual([1, DEPLOYMENT_STATUS.failed]);
    expect(github.checks).toMatchObject([{ status: CHECK.completed, conclusion: CONCLUSION.failure }]);
    const { summary } = github.checks[0]?.['output'] as { summary: string };
    expect(summary.split('\n')[0]).toContain('deployments: write');
  });

  test('a state of the deployment that is refused at the end completes the check run too', async () => {
    let states = 0;
    const fault = ({ request: { method, path } }: { request: Recorded }) =>
      method === 'POST' && path.endsWith('/statuses') && (states += 1) > 1 ? REFUSED : undefined;
    await using github = await startFakeGitHub({ fault });
    expect((await runOn(run, { github })).code).toBe(1);
    expect(github.checks).toMatchObject([{ status: CHECK.completed, conclusion: CONCLUSION.failure }]);
  });

  test('cancelled while it begins to report, it completes the check run as cancelled', async () => {
    const away = { status: 502, json: { message: 'Busy' } };
    await using github = await startFakeGitHub(at('POST', /deployments$/, away));
    const ran = await runOn(run, {
      github,
      onOutput: (stdout, stop) => (stdout.includes('Next try') ? stop('SIGINT') : undefined),
    });
    expect([ran.code, ran.outputs['status']]).toEqual([1, DEPLOYMENT_STATUS.cancelled]);
    expect(github.checks).toMatchObject([{ status: CHECK.completed, conclusion: CONCLUSION.cancelled }]);
  });

  test('a comment that is refused is a warning, and everything else is reported', async () => {
    const locked = { status: 403, json: { message: 'Unable to create comment because issue is locked.' } };
    await using github = await startFakeGitHub(at('POST', /comments$/, locked));
    const ran = await runOn(run, { github });
    expect([ran.code, ran.outputs['status'], github.comments]).toEqual([0, DEPLOYMENT_STATUS.success, []]);
    expect(github.checks).toMatchObject([{ conclusion: CONCLUSION.success }]);
    expect(statesOf(github)).toEqual([[DEPLOYMENT_STATE.success, DEPLOYMENT_STATE.inProgress]]);
    expect(ran.stdout.match(/^::warning .*because issue is locked/gm)).toHaveLength(1);
    expect(ran.summary).toContain('because issue is locked');
  });

  test('cancelled before anything was reported, it reports nothing', async () => {
    await using github = await startFakeGitHub({ fault: () => ({ status: 503, json: { message: 'Busy' } }) });
    const ran = await runOn(run, {
      github,
      onOutput: (stdout, stop) => (stdout.includes('Next try') ? stop('SIGTERM') : undefined),
    });
    expect([ran.code, ran.outputs['status'], github.checks]).toEqual([1, DEPLOYMENT_STATUS.cancelled, []]);
  });

  test('where GraphQL is not to be had, the author of the comment is taken to be the workflow', async () => {
    const fault = ({ request }: { request: { path: string } }) =>
      request.path === '/graphql' ? { status: 404, json: { message: 'Not Found' } } : undefined;
    await using github = await startFakeGitHub({ fault });
    await runOn(run, { github });
    await runOn(run, { github });
    expect(github.comments).toHaveLength(1);
  });

  test.each([
    ['POST', '/deployments', 202, { message: 'Auto-merged main' }, 'Auto-merged main'],
    [
      'POST',
      '/check-runs',
      422,
      { message: 'Validation Failed' },
      'GitHub refused the report: Validation Failed',
    ],
    ['GET', '/pulls/8', 200, { number: 8 }, "GitHub's answer about pull request #8 is incomplete."],
  ])('%s %s answered %d is an error that says why', async (method, path, status, json, words) => {
    const fault = ({ request }: { request: { method: string; path: string } }) =>
      request.method === method && request.path.endsWith(path) ? { status, json } : undefined;
    await using github = await startFakeGitHub({ fault });
    const ran = await runOn(run, { github, inputs: path === '/pulls/8' ? { 'pr-number': '8' } : {} });
    expect([ran.code, ran.outputs['status']]).toEqual([1, DEPLOYMENT_STATUS.failed]);
    expect(ran.outputs['reason']).toContain(words);
  });

  test('a rate limit is waited for', async () => {
    const fault = ({ count }: { count: number }) =>
      count === 1
        ? {
            status: 403,
            json: { message: 'You have exceeded a secondary rate limit' },
            headers: { 'retry-after': '0' },
          }
        : undefined;
    await using github = await startFakeGitHub({ fault });
    expect((await runOn(run, { github })).outputs['status']).toBe(DEPLOYMENT_STATUS.success);
  });

  test.each([
    ['neither a server nor an address', { url: '' }, 'Set the input "server-url"'],
    ['a target, which needs a server', { target: 'docker' }, 'needs a server'],
    ['no token', { 'github-token': '' }, 'github-token'],
  ])('%s is an error that says what to set', async (_title, inputs, words) => {
    await using github = await startFakeGitHub();
    const ran = await runOn(run, { github, inputs });
    expect(ran.code).toBe(1);
    expect(ran.outputs['reason']).toContain(words);
  });

  test.each(['none', 'resolve'])('action: %s reports nothing', async (action) => {
    await using github = await startFakeGitHub();
    const ran = await runOn(run, { github, inputs: { action } });
    expect([ran.code, ran.outputs['status'], github.requests.length]).toEqual([0, STAGE_STATUS.skipped, 0]);
    expect(ran.outputs['url']).toBe(`${github.url}/site`);
  });
});
