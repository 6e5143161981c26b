import { expect, test } from '@jest/globals';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { destroyEnvironment } from '../../src/environments/destroy.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { AUTHOR, openPullRequest, REPOSITORY, startWorld } from '../support/start-world.js';

test('the chain of decisions says which webhook, run or person led an environment to what it is', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  const { environment, deployments } = await lookAt(world, number);
  const steps = (await world.app.ports.environments.steps(environment.id)).toReversed();
  const { items } = await world.app.ports.inbox.list(
    { repoId: world.repoId(), pullRequest: number },
    { limit: 50 },
  );
  const opened = items.find(({ action }) => action === 'opened')?.guid;
  const runId = deployments[0]?.run?.id;
  expect(steps).toMatchObject([
    { action: 'deploy', actor: AUTHOR, source: { kind: 'webhook', id: opened } },
    { action: 'start', rule: 'run-started', source: { kind: 'run', id: runId } },
    { action: 'show', status: ENVIRONMENT_STATUS.ready, source: { kind: 'run', id: runId } },
  ]);
  expect(steps.map(({ sha }) => sha)).toEqual(steps.map(() => environment.head?.sha));
  expect(deployments).toMatchObject([
    {
      creator: 'webhook',
      triggeredBy: AUTHOR,
      environment: environment.name,
      pullRequest: { number },
      committedAt: expect.any(Date),
    },
  ]);

  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  const closed = (await world.app.ports.environments.steps(environment.id))[0];
  expect(closed).toMatchObject({ action: 'destroy', source: { kind: 'webhook' }, actor: AUTHOR });
});

test('what a person asks for and what the server does by itself are told apart', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  const { environment } = await lookAt(world, number);
  const request = { environmentId: environment.id, rule: 'asked', detail: 'Removed by mona.' } as const;
  await destroyEnvironment(world.app.ports, { ...request, actor: 'mona' });
  const [step] = await world.app.ports.environments.steps(environment.id);
  expect(step).toMatchObject({ action: 'destroy', actor: 'mona', source: { kind: 'api', id: null } });
});
