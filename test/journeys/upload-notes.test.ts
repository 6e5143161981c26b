import { expect, test } from '@jest/globals';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { REPOSITORY, startWorld } from '../support/start-world.js';

const SITE = { 'index.html': '<h1>Hello</h1>\n', _redirects: 'this is no redirect\n' };

test('what a person should know about an upload stays in the check when a title is edited, and goes with the next commit', async () => {
  await using world = await startWorld({ files: SITE });
  const opened = await world.github.openPullRequest({ repository: REPOSITORY, head: 'notes' });
  const { number, head } = opened.pullRequest;
  await world.drain();
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  const notes = async () => (await lookAt(world, number)).environment.notes;
  const before = await notes();
  expect(before).toEqual([{ kind: 'upload', text: expect.stringMatching(/_redirects/) }]);

  world.github.editPullRequest({ repository: REPOSITORY, number, title: 'Another title' });
  await world.drain();
  expect((await lookAt(world, number)).environment.pullRequest?.title).toBe('Another title');
  expect(await notes()).toEqual(before);
  expect((await world.reviewer.checks(head.sha))[0]?.output.summary).toMatch(/Upload:.*_redirects/);

  await world.github.push({ repository: REPOSITORY, branch: 'notes' });
  await world.drain();
  expect(await notes()).toEqual([]);
});
