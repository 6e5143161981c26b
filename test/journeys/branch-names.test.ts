import { expect, test } from '@jest/globals';
import { makeDelivery, type Delivery } from '../../demo/github/webhooks/delivery.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { BRANCH_NAMES, ILLEGAL_BRANCH_NAMES } from '../shared/branch-names.js';
import { expectConverged } from '../support/expect-converged.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

const FILES = { 'index.html': 'Hello', '.github/preview.yml': 'limits: { environments: 100 }\n' };

interface Payload {
  readonly action: string;
  readonly pull_request: { readonly head: object };
}

/** As GitHub would tell of it if the branch had this name. */
async function openFrom({ github }: World, { branch, at }: { branch: string; at: number }) {
  const { pullRequest, delivery } = await github.openPullRequest({
    repository: REPOSITORY,
    head: `from-${at}`,
  });
  const payload = JSON.parse(delivery.body.toString()) as Payload;
  const head = { ...payload.pull_request.head, ref: branch, label: `acme:${branch}` };
  const told = { ...payload, pull_request: { ...payload.pull_request, head } };
  const renamed: Delivery = makeDelivery({
    event: delivery.event,
    payload: told,
    secret: github.app.webhookSecret,
    appId: github.app.id,
  });
  return { number: pullRequest.number, sha: pullRequest.head.sha, delivery: renamed };
}

test('whatever a branch is called, its preview is named after the pull request, and reviewers read one comment', async () => {
  await using world = await startWorld({ files: FILES });
  world.github.webhooks.hold();
  for (const [at, branch] of BRANCH_NAMES.entries()) {
    const { number, sha, delivery } = await openFrom(world, { branch, at });
    const [attempt] = await world.github.webhooks.send(delivery);
    expect([branch, attempt?.status]).toEqual([branch, 202]);
    await world.drain();
    const { environment } = await expectConverged(world, number);
    expect(environment).toMatchObject({
      status: ENVIRONMENT_STATUS.pending,
      name: `pr-${number}`,
      slug: `pr-${number}-hello`,
    });
    expect(new URL(environment.url).hostname).toBe(`pr-${number}-hello.localhost`);
    expect(await world.reviewer.checks(sha)).toHaveLength(1);
    expect(await world.reviewer.comments(number)).toHaveLength(1);
  }
});

test('a pull request from a branch with a name that git refuses gets no environment', async () => {
  await using world = await startWorld({ files: FILES });
  world.github.webhooks.hold();
  for (const [at, branch] of ILLEGAL_BRANCH_NAMES.entries()) {
    const { number, delivery } = await openFrom(world, { branch, at });
    await world.github.webhooks.send(delivery);
    await world.drain();
    const environments = await world.app.ports.environments.ofPullRequest(world.repoId(), number);
    expect([branch, environments]).toEqual([branch, []]);
  }
});
