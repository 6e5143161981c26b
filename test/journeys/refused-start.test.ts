import { expect, test } from '@jest/globals';
import { visit } from '../../demo/visit.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const PAGE = { 'index.html': '<h1>Hello</h1>\n' };
const SETTINGS = '.github/preview.yml';

const worldWith = (settings: string) => startWorld({ files: { ...PAGE, [SETTINGS]: settings } });

/** What people read on GitHub, without the escapes and marks that keep their text from being Markdown. */
async function shown(world: World, { number, sha }: { number: number; sha: string }) {
  const plain = (text: string | null | undefined) => (text ?? '').replace(/[\\​]/g, '');
  const checks = await world.reviewer.checks(sha);
  const [comment] = await world.reviewer.comments(number);
  return {
    conclusions: checks.map(({ conclusion }) => conclusion),
    summary: plain(checks[0]?.output.summary),
    comment: plain(comment?.body),
  };
}

test.each([
  [
    'a target that is not there',
    'target: balloon\n',
    /no target "balloon" on this server. It has: static, command, node. Set "target"/,
  ],
  [
    'options that the target does not take',
    'target:\n  name: static\n  options:\n    spa: perhaps\n',
    /options of the target "static" are not valid \(spa\)/,
  ],
])(
  '%s: the run is refused, check and comment say why at once, and mended settings need no push',
  async (_what, settings, reason) => {
    await using world = await worldWith(settings);
    const at = await openPullRequest(world);
    const refused = await runPreview(world, { number: at.number });
    expect(refused.exitCode).toBe(1);
    expect(refused.log).toMatch(reason);
    await world.drain();
    const { environment, deployments } = await lookAt(world, at.number);
    expect(environment.status).toBe(ENVIRONMENT_STATUS.failed);
    expect(deployments.map(({ status, error }) => [status, error])).toEqual([
      [DEPLOYMENT_STATUS.failed, expect.stringMatching(reason)],
    ]);
    expect(deployments[0]?.error).toMatch(/on the default branch, then re-run the workflow/);
    const seen = await shown(world, at);
    expect(seen.conclusions).toEqual([CONCLUSION.failure]);
    expect(seen.summary).toMatch(reason);
    expect(seen.comment).toMatch(reason);

    await world.github.push({
      repository: REPOSITORY,
      branch: 'main',
      files: { [SETTINGS]: 'target: static\n' },
    });
    expect((await runPreview(world, { number: at.number })).exitCode).toBe(0);
    await world.drain();
    expect((await visit(environment.url)).status).toBe(200);
    expect((await shown(world, at)).conclusions).toEqual([CONCLUSION.success]);
    expect(world.github.violations).toEqual([]);
  },
);

test('settings that cannot be read again do not hide the reason', async () => {
  await using world = await worldWith('target: balloon\n');
  const at = await openPullRequest(world);
  world.github.fail({ kind: 'status', method: 'GET', path: /\/pulls\/\d+$/, status: 403, times: 99 });
  expect((await runPreview(world, { number: at.number })).log).toMatch(/no target "balloon"/);
  await world.drain();
  expect((await shown(world, at)).conclusions).toEqual([CONCLUSION.failure]);
});

const TWO = 'projects:\n  - name: shop\n  - name: docs\n';

test.each([
  ['no project where there are several', {}, /several projects \(docs, shop\): set the input "project"/],
  ['a project that is not there', { project: 'shoop' }, /There is no project "shoop"/],
])(
  'a run that names %s ends what waited for it with the reason, and the right one goes live',
  async (_what, inputs, reason) => {
    await using world = await worldWith(TWO);
    const { number, sha } = await openPullRequest(world);
    const refused = await runPreview(world, { number, inputs });
    expect(refused.exitCode).toBe(1);
    expect(refused.log).toMatch(reason);
    await world.drain();
    // Of each project, and of all together.
    expect((await shown(world, { number, sha })).conclusions).toEqual([
      CONCLUSION.failure,
      CONCLUSION.failure,
      CONCLUSION.failure,
    ]);
    expect((await shown(world, { number, sha })).comment).toMatch(reason);

    for (const project of ['shop', 'docs'])
      expect((await runPreview(world, { number, inputs: { project } })).exitCode).toBe(0);
    await world.drain();
    expect((await shown(world, { number, sha })).conclusions).toEqual([
      CONCLUSION.success,
      CONCLUSION.success,
      CONCLUSION.success,
    ]);
  },
);

test('a run that asks for the wrong thing does not touch what another run has taken on', async () => {
  await using world = await worldWith(TWO);
  const { number, sha } = await openPullRequest(world);
  expect((await runPreview(world, { number, inputs: { project: 'shop' } })).exitCode).toBe(0);
  expect((await runPreview(world, { number })).exitCode).toBe(1);
  await world.drain();
  const environments = await world.app.ports.environments.ofPullRequest(world.repoId(), number);
  expect(Object.fromEntries(environments.map(({ project, status }) => [project, status]))).toEqual({
    shop: ENVIRONMENT_STATUS.ready,
    docs: ENVIRONMENT_STATUS.failed,
  });
  expect((await shown(world, { number, sha })).conclusions.sort()).toEqual([
    CONCLUSION.failure,
    CONCLUSION.failure,
    CONCLUSION.success,
  ]);
});

test('a run that is faster than the webhook of its draft becoming ready is not told that it is a draft', async () => {
  await using world = await worldWith('');
  const draft = { repository: REPOSITORY, head: 'change', draft: true };
  const { pullRequest } = await world.github.openPullRequest(draft);
  await world.drain();
  const { number } = pullRequest;
  expect((await lookAt(world, number)).environment.decision?.rule).toBe('draft');
  world.github.webhooks.hold();
  world.github.markReadyForReview({ repository: REPOSITORY, number });
  expect((await runPreview(world, { number })).outputs.status).toBe(DEPLOYMENT_STATUS.success);
  await world.github.webhooks.release();
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);
});

test('settings that were mended on the default branch count at the re-run, without a push', async () => {
  await using world = await worldWith('triggers:\n  branches: 7\n');
  const { number } = await openPullRequest(world);
  expect((await runPreview(world, { number })).outputs.reason).toMatch(/preview\.yml/);
  await world.github.push({
    repository: REPOSITORY,
    branch: 'main',
    message: 'Mend',
    files: { [SETTINGS]: '' },
  });
  expect((await runPreview(world, { number })).outputs.status).toBe(DEPLOYMENT_STATUS.success);
});
