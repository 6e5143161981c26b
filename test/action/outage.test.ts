import { afterAll, describe, expect, test } from '@jest/globals';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { startFakeGitHub } from './support/fake-github.js';
import { DEPLOYMENT_ID, startFakeVitrine, type Fault } from './support/fake-vitrine.js';
import type { Reply } from './support/recording-server.js';
import { forgetSharedFiles, identityEnv, runAction, runSource } from './support/run-action.js';
import { makeWorkspace, PAGE } from './support/workspace.js';

afterAll(forgetSharedFiles);

const AWAY: Reply = {
  status: 503,
  headers: { 'retry-after': '0' },
  json: { error: { code: 'unavailable', message: 'Restarting.', requestId: 'r' } },
};

/** The server is away for the first two calls of a kind: once broken off, once saying so. */
function flapping(at: string): Fault {
  return ({ name, count }) => {
    if (name !== at || count > 2) return undefined;
    return count === 1 ? 'reset' : AWAY;
  };
}

describe.each([
  ['the bundle', runAction],
  ['the source', runSource],
] as const)('%s', (_name, run) => {
  test.each(['oidc', 'start', 'progress', 'logs', 'plan', 'pack', 'page'])(
    'a server that restarts during "%s" gets one deployment, and the run succeeds',
    async (at) => {
      await using server = await startFakeVitrine({ fault: flapping(at) });
      await using workspace = await makeWorkspace(PAGE);
      const ran = await run({
        workspace,
        inputs: { 'server-url': server.url },
        env: identityEnv(server.url),
      });
      expect(ran.outputs).toMatchObject({
        status: DEPLOYMENT_STATUS.success,
        'deployment-id': DEPLOYMENT_ID,
      });
      expect(server.calls(at).length).toBeGreaterThanOrEqual(3);
      expect(new Set(server.bodies('start').map((body) => JSON.stringify(body))).size).toBe(1);
      const tokens = server.calls('start').map(({ authorization }) => authorization);
      expect(new Set(tokens).size).toBe(tokens.length);
    },
  );

  test('a batch of log lines that is sent again keeps its number', async () => {
    await using server = await startFakeVitrine({ fault: flapping('logs') });
    await using workspace = await makeWorkspace(PAGE);
    await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    const numbers = (server.bodies('logs') as { seq: number }[]).map(({ seq }) => seq);
    expect(numbers.slice(0, 3)).toEqual([0, 0, 0]);
  });

  test('an expired token is renewed by starting again, with a fresh identity', async () => {
    const expired = {
      status: 401,
      json: { error: { code: 'unauthorized', message: 'Expired.', requestId: 'r' } },
    };
    await using server = await startFakeVitrine({
      fault: ({ request }) => (request.authorization === 'Bearer vtr_run-1' ? expired : undefined),
    });
    await using workspace = await makeWorkspace(PAGE);
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.success);
    expect(server.calls('start').map(({ authorization }) => authorization)).toEqual([
      'Bearer oidc-1',
      'Bearer oidc-2',
    ]);
  });

  test('a server that stays away fails the run with what was tried', async () => {
    await using server = await startFakeVitrine({
      fault: ({ name }) => (name === 'start' ? 'reset' : undefined),
    });
    await using workspace = await makeWorkspace(PAGE);
    const inputs = { 'server-url': server.url, 'wait-timeout': '1s' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status']]).toEqual([1, DEPLOYMENT_STATUS.failed]);
    expect(ran.outputs['reason']).toContain('Starting the deployment failed for 1 s');
    expect(ran.stdout.match(/^::error /gm)).toHaveLength(1);
  });

  test('a server that goes away in the middle fails the run, and the outputs name the deployment', async () => {
    await using server = await startFakeVitrine({
      fault: ({ name }) => (name === 'plan' ? 'reset' : undefined),
    });
    await using workspace = await makeWorkspace(PAGE);
    const inputs = { 'server-url': server.url, 'wait-timeout': '1s' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status'], ran.outputs['deployment-id']]).toEqual([
      1,
      DEPLOYMENT_STATUS.failed,
      DEPLOYMENT_ID,
    ]);
  });

  test('a server that is away when the failure is reported does not hide the failure', async () => {
    await using server = await startFakeVitrine({
      fault: ({ name }) => (name === 'progress' ? 'reset' : undefined),
    });
    await using workspace = await makeWorkspace(PAGE);
    const inputs = { 'server-url': server.url, 'wait-timeout': '1s', 'build-command': 'exit 4' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['reason']]).toEqual([
      1,
      'building failed: "exit 4" ended with exit code 4.',
    ]);
  });

  test('a server that went away during a chatty build is waited for once, whatever the length of the log', async () => {
    let tries = 0;
    await using server = await startFakeVitrine({
      fault: ({ name }) => {
        if (name === 'logs') tries += 1;
        return tries > 0 ? 'reset' : undefined;
      },
    });
    await using workspace = await makeWorkspace(PAGE);
    const inputs = {
      'server-url': server.url,
      'wait-timeout': '2s',
      'build-command': 'echo begun; sleep 1.5; seq 6000; exit 3',
    };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect(ran.outputs['reason']).toContain('ended with exit code 3');
    // In two seconds there are four tries at most; it was twelve times two seconds for the whole log.
    expect(tries).toBeLessThanOrEqual(4);
    expect(ran.stdout.match(/\d+ log lines are only in this log/g)).toHaveLength(1);
  });

  test('cancelled while the server is away, the run ends soon', async () => {
    await using server = await startFakeVitrine({
      fault: ({ name }) => (name === 'progress' ? 'reset' : undefined),
    });
    await using workspace = await makeWorkspace(PAGE);
    const inputs = { 'server-url': server.url, 'build-command': 'echo be""gun; sleep 60' };
    const ran = await run({
      workspace,
      inputs,
      env: identityEnv(server.url),
      onOutput: (stdout, stop) => (stdout.includes('\nbegun\n') ? stop('SIGTERM') : undefined),
    });
    expect([ran.code, ran.outputs['status']]).toEqual([1, DEPLOYMENT_STATUS.cancelled]);
    expect(ran.stdout).toContain('The cancellation could not be reported to the server');
  });

  test('a limit of the server is not got round by reporting without it', async () => {
    const limited: Reply = {
      status: 429,
      headers: { 'retry-after': '1800' },
      json: { error: { code: 'too_many_requests', message: 'Too many.', requestId: 'r' } },
    };
    await using server = await startFakeVitrine({
      fault: ({ name }) => (name === 'start' ? limited : undefined),
    });
    await using github = await startFakeGitHub();
    await using workspace = await makeWorkspace(PAGE);
    const inputs = { 'server-url': server.url, url: `${github.url}/site`, 'github-token': 'ghs_token' };
    const env = { ...identityEnv(server.url), GITHUB_API_URL: github.url };
    const ran = await run({ workspace, inputs, env });
    expect([ran.code, ran.outputs['status'], github.requests]).toEqual([1, DEPLOYMENT_STATUS.failed, []]);
    expect(ran.outputs['reason']).toContain('Too many. The next try is possible in 30 min');
  });

  test.each(['start', 'progress'])(
    'with an address from an earlier step a server away at "%s" is done without',
    async (at) => {
      await using server = await startFakeVitrine({
        fault: ({ name }) => (name === at ? 'reset' : undefined),
      });
      await using github = await startFakeGitHub();
      await using workspace = await makeWorkspace(PAGE);
      const inputs = {
        'server-url': server.url,
        url: `${github.url}/site`,
        'wait-timeout': '1s',
        'github-token': 'ghs_token',
      };
      const ran = await run({
        workspace,
        inputs,
        env: { ...identityEnv(server.url), GITHUB_API_URL: github.url },
      });
      expect([ran.code, ran.outputs['status']]).toEqual([0, DEPLOYMENT_STATUS.success]);
      expect(github.checks).toMatchObject([{ name: 'Preview', conclusion: 'success' }]);
      // The App makes both from the check run when it is back.
      expect([github.comments, github.deployments]).toEqual([[], []]);
    },
  );
});
