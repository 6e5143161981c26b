import { hash as hashOnce } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { packsFor, planUpload } from '../../src/uploads/client/packs.js';
import { PlanAnswer } from '../../src/contract/uploads.js';
import { receivePack, receivePlan } from '../../src/uploads/receive.js';
import { begin } from '../support/run-by-hand.js';
import { REPOSITORY, startWorld } from '../support/start-world.js';

function buildOf(text: string) {
  const hash = hashOnce('sha256', text, 'hex');
  const planned = planUpload([{ path: 'index.html', hash, size: text.length }]);
  const read = async function* () {
    yield Buffer.from(text);
  };
  const answer = {
    root: planned.root,
    known: false,
    base: null,
    kept: [],
    entries: [[0, 1]],
    blobs: [[0, 1]],
  };
  return { planned, packs: () => packsFor({ planned, answer: PlanAnswer().parse(answer), read }) };
}

test('a run sends what it planned, and nothing before it planned or besides', async () => {
  await using world = await startWorld();
  const { number, head } = (await world.github.openPullRequest({ repository: REPOSITORY, head: 'packs' }))
    .pullRequest;
  await world.drain();
  const { ports } = world.app;
  const deploymentId = (await begin(world, { number, sha: head.sha })).deployment.id;
  const [wanted, other] = [buildOf('wanted'), buildOf('other')];
  const send = ({ packs }: typeof wanted) => receivePack(ports, { deploymentId, pack: packs() });
  await expect(send(wanted)).rejects.toMatchObject({
    code: 'unprocessable',
    message: expect.stringContaining('Ask first'),
  });
  await receivePlan(ports, { deploymentId, plan: wanted.planned.body });
  await expect(send(other)).rejects.toMatchObject({
    code: 'unprocessable',
    message: expect.stringContaining('another upload'),
  });
  expect((await send(wanted)).answer).toMatchObject({ complete: true });
});
