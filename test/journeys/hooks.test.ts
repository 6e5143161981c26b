import { expect, test } from '@jest/globals';
import { visit } from '../../demo/visit.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { expectConverged } from '../support/expect-converged.js';
import { lookAt } from '../support/look-at.js';
import { serverOf } from '../support/programs.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, REPOSITORY, startWorld } from '../support/start-world.js';

const SETTINGS = '.github/preview.yml';

/** Each hook tells the test that it ran, with a variable of the preview; `fail.json` names those that fail. */
const HOOK = `
  const [name] = process.argv.slice(2);
  const failing = JSON.parse(require('node:fs').readFileSync('fail.json', 'utf8'));
  console.log(name + ' begins');
  fetch(process.env.HOOKS + '/' + name + '/' + process.env.PREVIEW_ENVIRONMENT).then(() => {
    if (!failing.includes(name)) return;
    console.error('error: relation "guests" does not exist');
    process.exit(3);
  });`;

const files = (receiver: Receiver, { failing, page }: { failing: readonly string[]; page: string }) => ({
  [SETTINGS]: [
    'target: node',
    'hooks: { created: node hook.js created, deployed: node hook.js deployed, destroyed: node hook.js destroyed }',
    `env: { HOOKS: "${receiver.url}" }`,
    '',
  ].join('\n'),
  'server.js': serverOf(`'${page}'`),
  'hook.js': HOOK,
  'fail.json': JSON.stringify(failing),
  'index.html': '',
});

test('created seeds once, deployed migrates at every push, a failure is shown, and destroyed is the end', async () => {
  await using receiver = await startReceiver();
  await using world = await startWorld({ files: files(receiver, { failing: ['created'], page: 'First' }) });
  const branch = 'hooks';
  const { number } = await openPullRequest(world, { head: branch });
  const ran = () => receiver.requests.map(({ path }) => path.split('/')[1]);
  const deployed = async (page?: string, failing: readonly string[] = []) => {
    const push = { repository: REPOSITORY, branch };
    if (page !== undefined) await world.github.push({ ...push, files: files(receiver, { failing, page }) });
    await world.drain();
    const { exitCode, log } = await runPreview(world, { number });
    await world.drain();
    return { exitCode, log, ...(await lookAt(world, number)) };
  };

  const broken = await deployed();
  expect(broken.exitCode).toBe(1);
  expect(broken.log).toMatch(/Hook created: node hook\.js created[^]*created begins[^]*relation "guests"/);
  expect(broken.deployments[0]).toMatchObject({ status: DEPLOYMENT_STATUS.failed });
  const [check] = await world.reviewer.checks(broken.environment.head?.sha ?? '');
  expect(check?.conclusion).toBe(CONCLUSION.failure);
  expect(check?.output.summary).toMatch(/relation "guests" does not exist|hook "created"/);
  expect(ran()).toEqual(['created']);

  const first = await deployed('First');
  expect({ ...first, log: first.exitCode === 0 ? '' : first.log }).toMatchObject({ exitCode: 0, log: '' });
  expect((await visit(first.environment.url)).body).toBe('First');
  expect(ran()).toEqual(['created', 'created', 'deployed']);

  expect((await deployed('Second', ['destroyed'])).exitCode).toBe(0);
  expect((await visit(first.environment.url)).body).toBe('Second');
  expect(ran().slice(3)).toEqual(['deployed']);

  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  const { environment } = await expectConverged(world, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.destroyed, resources: [] });
  expect(ran().slice(4)).toEqual(['destroyed']);
  // The preview is gone all the same, and people read that something may be left elsewhere.
  expect(environment.hookFailure).toMatch(/hook "destroyed" .* ended with exit code 3/);
  const [comment] = await world.reviewer.comments(number);
  expect(comment?.body).toMatch(/hook `destroyed` failed[^]*exit code 3/);
  world.github.reopenPullRequest({ repository: REPOSITORY, number });
  await world.drain();
  expect((await lookAt(world, number)).environment.hookFailure).toBeNull();
  expect(new Set(receiver.requests.map(({ path }) => path.split('/')[2]))).toEqual(
    new Set([environment.name]),
  );
});
