import { expect, test } from '@jest/globals';
import { formatExternalId } from '../../../src/shared/run-ref.js';
import { CHECK, CONCLUSION } from '../../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { lookAt } from '../../support/look-at.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../../support/start-world.js';

async function askAgain(world: World, id: number) {
  world.github.forgetRequests();
  world.github.rerequestCheckRun({ repository: REPOSITORY, id });
  await world.drain();
  const decided = await world.app.ports.inbox.list({}, { limit: 50 });
  return decided.items.find(({ event, action }) => event === 'check_run' && action === 'rerequested');
}

const told = ({ github }: World) => github.requests({ method: 'PATCH', path: /\/check-runs\/\d+$/ }).length;

test.each([
  ['names its pull request', (all: unknown) => all],
  // As at GitHub for every pull request from a fork.
  ['names no pull request', () => []],
])('"Re-run" on a check that %s tells it again, from the document', async (_how, change) => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  const [check] = await world.reviewer.checks(sha);
  const id = check?.id ?? 0;
  const state = [...world.github.state.repositories.values()][0]?.checkRuns;
  const run = state?.get(id);
  if (!state || !run) throw new Error('There should be a check run.');
  state.set(id, { ...run, pull_requests: change(run.pull_requests) } as typeof run);
  const { environment } = await lookAt(world, number);
  expect(await askAgain(world, id)).toMatchObject({
    decision: { action: 'update', rule: 'check-rerequested', environmentIds: [environment.id] },
  });
  expect(told(world)).toBeGreaterThan(0);
  expect(await world.reviewer.checks(sha)).toEqual([check]);
  const after = await lookAt(world, number);
  expect(after.environment.status).toBe(ENVIRONMENT_STATUS.pending);
  expect(after.deployments.map(({ status }) => status)).toEqual([DEPLOYMENT_STATUS.queued]);
});

test('"Re-run" on the check of an older commit changes nothing', async () => {
  await using world = await startWorld();
  const { sha } = await openPullRequest(world);
  const [check] = await world.reviewer.checks(sha);
  await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  expect(await askAgain(world, check?.id ?? 0)).toMatchObject({ decision: { action: 'ignore' } });
});

/** The check run of an Action without a server, as GitHub tells of it. */
async function tellOfCheck(
  world: World,
  { number, sha, runId }: { number: number; sha: string; runId: number },
) {
  const repository = [...world.github.state.repositories.values()][0]?.document;
  const run = { id: String(runId), attempt: 1, job: 'preview' };
  const external_id = formatExternalId({ environment: `pr-${number}`, project: 'hello', sha, run });
  return (action: string, changes: object) => ({
    action,
    check_run: {
      id: 5_000 + runId,
      name: 'Preview of the Action',
      head_sha: sha,
      external_id,
      status: CHECK.inProgress,
      conclusion: null,
      details_url: 'http://elsewhere.example/',
      output: { summary: null },
      pull_requests: [],
      ...changes,
    },
    repository,
    installation: { id: world.github.installationId('acme') },
    sender: { id: 1, login: 'octavia' },
  });
}

const DONE = { status: CHECK.completed, conclusion: CONCLUSION.success };

test.each([
  ['after', ['check', 'run']],
  ['before', ['run', 'check']],
])('the end of the workflow run is heard of %s the check of its Action: live', async (_order, order) => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  const run = await world.github.startRun({ repository: REPOSITORY, number });
  const check = await tellOfCheck(world, { number, sha, runId: run.id });
  world.github.webhooks.emit('check_run', check('created', {}));
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.provisioning);
  for (const what of order) {
    if (what === 'run') world.github.finishRun(run, CONCLUSION.success);
    else world.github.webhooks.emit('check_run', check('completed', DONE));
    await world.drain();
  }
  const { environment, deployments } = await lookAt(world, number);
  expect(environment).toMatchObject({
    status: ENVIRONMENT_STATUS.ready,
    current: { url: 'http://elsewhere.example/' },
  });
  expect(deployments.map(({ status }) => status)).toEqual([DEPLOYMENT_STATUS.success]);
  const ours = (await world.reviewer.checks(sha)).map(({ status, conclusion }) => [status, conclusion]);
  expect(ours).toEqual([[CHECK.completed, CONCLUSION.success]]);
  const [comment] = await world.reviewer.comments(number);
  expect(comment?.body).toContain('(http://elsewhere.example)');
});
