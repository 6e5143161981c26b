import { expect, test } from '@jest/globals';
import { eventually } from '../../demo/expect.js';
import { visit } from '../../demo/visit.js';
import { commitLabel } from '../../src/shared/preview-url.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt } from '../support/look-at.js';
import { begin, end } from '../support/run-by-hand.js';
import { runPreview } from '../support/run-preview.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

async function openPullRequest(world: World, options: object = {}) {
  const opened = await world.github.openPullRequest({ repository: REPOSITORY, head: 'seen', ...options });
  await world.drain();
  const { number, head } = opened.pullRequest;
  const { environment } = await lookAt(world, number);
  const { slug: label, url } = environment;
  return { number, sha: head.sha, url, commitUrl: url.replace(label, commitLabel({ sha: head.sha, label })) };
}

test('a commit that is built again is shown as it was built last, at its own host too, to those who saw it before', async () => {
  await using world = await startWorld();
  const { number, url, commitUrl } = await openPullRequest(world);
  const build = (text: string) => ({ 'build-command': `echo ${text} > index.html`, 'output-dir': '.' });
  expect((await runPreview(world, { number, inputs: build('first') })).exitCode).toBe(0);
  const before = await visit(commitUrl);
  expect([before.body, before.headers['cache-control']]).toEqual([
    'first\n',
    'private, max-age=0, must-revalidate',
  ]);
  const running = runPreview(world, {
    number,
    inputs: { ...build('second'), 'health-path': '/nope', 'wait-timeout': '10s' },
  });
  await eventually(() => visit(commitUrl), {
    until: ({ body }) => body === 'second\n',
    otherwise: 'The second build should have been verified at the host of its commit.',
  });
  expect((await visit(url)).body).toBe('first\n');
  expect((await running).exitCode).toBe(1);
  await eventually(() => visit(commitUrl), {
    until: ({ body }) => body === 'first\n',
    otherwise: 'A build that failed should be shown no more.',
  });
  expect((await runPreview(world, { number, inputs: build('third') })).exitCode).toBe(0);
  for (const host of [url, commitUrl]) {
    const after = await visit(host);
    expect(after.body).toBe('third\n');
    expect(after.headers['etag']).not.toBe(before.headers['etag']);
  }
});

test('every commit has a page of its own, whatever the pull request shows', async () => {
  await using world = await startWorld();
  const first = await openPullRequest(world);
  const shows = async (status: number, words: string) => {
    const { status: found, body } = await eventually(() => visit(first.commitUrl), {
      until: (seen) => seen.body.includes(words),
      otherwise: `The host of the commit should have said: ${words}`,
    });
    expect(found).toBe(status);
    return body;
  };
  await shows(503, 'waits for its build to start');
  const run = await begin(world, first);
  await shows(503, 'being built');
  await end(world, run, { status: DEPLOYMENT_STATUS.failed });
  expect(await shows(502, 'The preview of this commit failed')).toContain('Pull request #');
  const again = await begin(world, { ...first, attempt: 2 });
  await shows(503, 'being built');
  await world.github.push({ repository: REPOSITORY, branch: 'seen', files: { 'index.html': 'next' } });
  await world.drain();
  await shows(404, 'There is no preview of this commit');
  await expect(end(world, again, { status: DEPLOYMENT_STATUS.success })).rejects.toMatchObject({
    code: 'stale_head',
  });
  const next = await runPreview(world, { number: first.number });
  expect((await visit(next.outputs['commit-url'] ?? '')).body).toBe('next');
  await shows(404, 'There is no preview of this commit');
});

test('a skipped pull request says so instead of being built for ever, and waits for a change of mind', async () => {
  await using world = await startWorld();
  const { url, commitUrl } = await openPullRequest(world, { draft: true });
  for (const host of [url, commitUrl]) {
    const { status, body, headers } = await visit(host);
    expect([status, headers['retry-after']]).toEqual([404, undefined]);
    expect(body).toContain('Drafts get no preview.');
    expect(body).toContain('Watching for changes');
  }
});

test('a preview that lives elsewhere leads there, and makes no promise once its pull request is merged', async () => {
  await using world = await startWorld();
  const { number, sha, url, commitUrl } = await openPullRequest(world);
  await end(world, await begin(world, { number, sha }), {
    status: DEPLOYMENT_STATUS.success,
    url: 'https://elsewhere.example/pr',
  });
  await world.drain();
  for (const host of [url, commitUrl]) {
    const seen = await eventually(() => visit(host), {
      until: ({ body }) => body.includes('is deployed elsewhere'),
      otherwise: 'The page should have led to the preview.',
    });
    expect([seen.status, seen.headers['retry-after']]).toEqual([404, undefined]);
    expect(seen.body).toContain('href="https://elsewhere.example/pr"');
  }
  world.github.closePullRequest({ repository: REPOSITORY, number, merged: true });
  await world.drain();
  const gone = await visit(url);
  expect(gone.status).toBe(410);
  expect(gone.body).toContain('Its pull request was merged.');
  expect(gone.body).not.toContain('Reopening');
});
