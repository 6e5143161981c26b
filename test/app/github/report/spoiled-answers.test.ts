import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DeploymentReport, SentReport } from '../../../../src/reports/reporter.js';
import { CHECK, COMMIT_STATE, DEPLOYMENT_STATE } from '../../../../src/shared/status/github.js';
import { type FaultProxy, startFaultProxy } from '../../../support/fault-proxy.js';
import { startStage, type Stage } from '../stage.js';
import { checkOf, commentOf, SCENES } from './scenes.js';

let proxy: FaultProxy;
let stage: Stage;

beforeEach(async () => {
  proxy = await startFaultProxy();
  stage = await startStage({ side: { apiUrl: proxy.url } });
  proxy.leadTo(stage.emulated.url);
});
afterEach(async () => {
  await stage.close();
  await proxy[Symbol.asyncDispose]();
});

const scene = SCENES['ready'] as NonNullable<(typeof SCENES)[string]>;
const HELLO = { owner: 'acme', repo: 'hello' };

const check = (changes: object) =>
  checkOf(
    { ...scene, environment: { ...scene.environment, head: null } },
    { sha: stage.sha, status: CHECK.queued, ...changes },
  );

const comment = (project: string) => ({
  ...commentOf({ ...scene, environment: { ...scene.environment, project } }),
  number: stage.number,
});

const deployment = (state: DeploymentReport['state']): DeploymentReport => ({
  deploymentId: '65e1a000000000000000000a',
  sha: stage.sha,
  githubEnvironment: 'preview',
  state,
  description: 'Building',
  url: null,
  logUrl: null,
});

interface Part {
  /** The call that changes it. */
  readonly call: string;
  /** Writes it for the first time, or another state of it. */
  write(state: 'first' | 'second', last: SentReport | null): Promise<SentReport>;
  count(): Promise<number>;
}

const PARTS: Readonly<Record<string, () => Part>> = {
  check: () => ({
    call: 'PATCH /repos/{repo}/check-runs/{n}',
    write: (title, last) =>
      stage.reporter.check(stage.repo, check({ title }), last && { ...last, sha: stage.sha, settled: false }),
    count: async () =>
      (await stage.octokit.rest.checks.listForRef({ ...HELLO, ref: stage.sha, filter: 'all' })).data
        .check_runs.length,
  }),
  comment: () => ({
    call: 'PATCH /repos/{repo}/issues/comments/{n}',
    write: (project, last) => stage.reporter.comment(stage.repo, comment(project), last),
    count: async () =>
      (await stage.octokit.rest.issues.listComments({ ...HELLO, issue_number: stage.number })).data.length,
  }),
  deployment: () => ({
    call: 'POST /repos/{repo}/deployments/{n}/statuses',
    write: (state, last) =>
      stage.reporter.deployment(
        stage.repo,
        deployment(state === 'first' ? DEPLOYMENT_STATE.inProgress : DEPLOYMENT_STATE.success),
        last && { ...last, deploymentId: deployment(DEPLOYMENT_STATE.success).deploymentId, settled: false },
      ),
    count: async () =>
      (await stage.octokit.rest.repos.listDeployments({ ...HELLO, sha: stage.sha })).data.length,
  }),
};

const statesOfDeployment = async (deployment_id: number) =>
  (await stage.octokit.rest.repos.listDeploymentStatuses({ ...HELLO, deployment_id })).data.map(
    ({ state }) => state,
  );

test.each(Object.keys(PARTS))(
  'a %s that GitHub denies once and still lists is not made again',
  async (name) => {
    const part = (PARTS[name] as () => Part)();
    const first = await part.write('first', null);
    proxy.fail({ kind: '404', call: part.call, times: 1 });
    await expect(part.write('second', first)).rejects.toMatchObject({ kind: 'ambiguous' });
    expect(await part.write('second', first)).toMatchObject({ id: first.id });
    expect(await part.count()).toBe(1);
  },
);

test('a deployment that GitHub denies once is still set to inactive', async () => {
  const part = (PARTS['deployment'] as () => Part)();
  const first = await part.write('second', null);
  const over = () =>
    stage.reporter.deployment(stage.repo, deployment(DEPLOYMENT_STATE.inactive), {
      ...first,
      deploymentId: deployment(DEPLOYMENT_STATE.inactive).deploymentId,
      settled: false,
    });
  proxy.fail({ kind: '404', call: part.call, times: 1 });
  await expect(over()).rejects.toMatchObject({ kind: 'ambiguous' });
  await over();
  expect(await statesOfDeployment(first.id ?? 0)).toEqual([
    DEPLOYMENT_STATE.inactive,
    DEPLOYMENT_STATE.success,
  ]);
});

test('a new deployment whose first status GitHub denies is found again and gets it', async () => {
  const part = (PARTS['deployment'] as () => Part)();
  proxy.fail({ kind: '404', call: part.call, times: 1 });
  await expect(part.write('first', null)).rejects.toMatchObject({ kind: 'ambiguous' });
  const told = await part.write('first', { id: null, digest: '' });
  expect(await statesOfDeployment(told.id ?? 0)).toEqual([DEPLOYMENT_STATE.inProgress]);
  expect(await part.count()).toBe(1);
});

test.each(['200 with HTML', '200 with null'] as const)(
  '%s in place of a status is no success',
  async (kind) => {
    const part = (PARTS['deployment'] as () => Part)();
    proxy.fail({ kind, call: part.call, times: 1 });
    await expect(part.write('first', null)).rejects.toMatchObject({ kind: 'ambiguous' });
    const status = {
      sha: stage.sha,
      context: 'preview',
      state: COMMIT_STATE.success,
      description: 'Ready',
      targetUrl: null,
    };
    proxy.fail({ kind, call: 'POST /repos/{repo}/statuses/{sha}', times: 1 });
    await expect(stage.reporter.commitStatus(stage.repo, status, null)).rejects.toMatchObject({
      kind: 'ambiguous',
    });
  },
);
