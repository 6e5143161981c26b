import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { expectConverged } from '../../support/expect-converged.js';
import { REPOSITORY, startWorld } from '../../support/start-world.js';

export async function playOneDelivery(times: number): Promise<void> {
  await using world = await startWorld();
  world.github.webhooks.hold();
  const { pullRequest, delivery } = await world.github.openPullRequest({
    repository: REPOSITORY,
    head: 'again',
  });
  const attempts = await world.github.webhooks.send(delivery, { times });
  expect(new Set(attempts.map(({ status }) => status))).toEqual(new Set([202]));
  await world.drain();
  const { deployments } = await expectConverged(world, pullRequest.number);
  expect(deployments).toHaveLength(1);
  expect(await world.reviewer.checks(pullRequest.head.sha)).toHaveLength(1);
  expect(await world.reviewer.comments(pullRequest.number)).toHaveLength(1);
  expect((await world.app.ports.inbox.list({}, { limit: 200 })).items).toHaveLength(1);
}

export async function playOneBody(times: number): Promise<void> {
  await using world = await startWorld();
  world.github.webhooks.hold();
  const { pullRequest, delivery } = await world.github.openPullRequest({
    repository: REPOSITORY,
    head: 'again',
  });
  const guids = Array.from({ length: times }, () => randomUUID());
  const attempts = await world.github.webhooks.send(delivery, { guids });
  expect(new Set(attempts.map(({ status }) => status))).toEqual(new Set([202]));
  await world.drain();
  const { deployments } = await expectConverged(world, pullRequest.number);
  expect(deployments).toHaveLength(1);
  expect(await world.reviewer.checks(pullRequest.head.sha)).toHaveLength(1);
  expect(await world.reviewer.comments(pullRequest.number)).toHaveLength(1);
  expect((await world.app.ports.inbox.list({}, { limit: 200 })).items).toHaveLength(times);
}
