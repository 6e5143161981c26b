import { expect } from '@jest/globals';
import { ProbotOctokit } from 'probot';
import { testReporter, type ReporterWorld } from '../../../contracts/reporter-contract.js';
import { startStage } from '../stage.js';
import { SCENES, checkOf, commentOf } from './scenes.js';

const HELLO = { owner: 'acme', repo: 'hello' };

async function startWorld(): Promise<ReporterWorld> {
  const stage = await startStage();
  const { emulated, octokit, number, sha } = stage;
  const stranger = new ProbotOctokit({
    baseUrl: emulated.url,
    auth: { token: emulated.userToken('stranger') },
    throttle: { enabled: false },
  });
  const pull = { ...HELLO, issue_number: number };
  let others = 0;
  return {
    ...stage,
    checks: async () =>
      (await octokit.rest.checks.listForRef({ ...HELLO, ref: sha, filter: 'all' })).data.check_runs.map(
        (run) => ({
          id: run.id,
          status: run.status,
          conclusion: run.conclusion,
          externalId: run.external_id ?? '',
          title: run.output.title ?? '',
        }),
      ),
    comments: async () =>
      (await octokit.paginate(octokit.rest.issues.listComments, { ...pull, per_page: 100 })).map(
        (comment) => ({
          id: comment.id,
          author: comment.user?.login ?? '',
          body: comment.body ?? '',
        }),
      ),
    deployments: async () => {
      const { data } = await octokit.rest.repos.listDeployments({ ...HELLO, sha });
      return Promise.all(
        data.map(async ({ id, environment, transient_environment }) => {
          const statuses = await octokit.rest.repos.listDeploymentStatuses({ ...HELLO, deployment_id: id });
          const states = statuses.data.map(({ state }) => state).reverse();
          return { id, environment, transient: transient_environment ?? false, states };
        }),
      );
    },
    commitStatuses: async () =>
      (await octokit.rest.repos.listCommitStatusesForRef({ ...HELLO, ref: sha })).data.map(
        ({ context, state }) => ({
          context,
          state,
        }),
      ),
    writes: () => emulated.writes() - others,
    commentAsStranger: async (body) => {
      await stranger.rest.issues.createComment({ ...pull, body });
      others += 1;
    },
    deleteComment: async (comment_id) => {
      await octokit.rest.issues.deleteComment({ ...HELLO, comment_id });
      others += 1;
    },
    loseNextAnswer: (path) => emulated.fail({ kind: 'apply-then-502', method: 'POST', path }),
    close: async () => {
      const violations = [...emulated.violations];
      await stage.close();
      // Every request of ours is one that GitHub's own description allows.
      expect(violations).toEqual([]);
    },
  };
}

const scene = SCENES['ready'] as NonNullable<(typeof SCENES)[string]>;

testReporter('GitHub over its API', {
  start: startWorld,
  fixtures: {
    check: ({ sha }, changes) =>
      checkOf(
        { ...scene, environment: { ...scene.environment, head: null } },
        { sha, status: 'queued', title: 'Queued', detailsUrl: scene.environment.url, ...changes },
      ),
    comment: ({ number }, project = 'hello') => ({
      ...commentOf({ ...scene, environment: { ...scene.environment, project } }),
      number,
    }),
  },
});
