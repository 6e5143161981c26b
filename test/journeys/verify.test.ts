import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import type { Stores } from '../../app/ports.js';
import { eventually } from '../../demo/expect.js';
import { visit } from '../../demo/visit.js';
import type { Environment } from '../../src/environments/model.js';
import { commitLabel } from '../../src/shared/preview-url.js';
import { CHECK, CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../../src/shared/status/words.js';
import { aroundCalls } from '../support/around-calls.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

const HEAD = 'seen';

async function openPullRequest(world: World): Promise<{ number: number; sha: string }> {
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: HEAD });
  await world.drain();
  return { number: pullRequest.number, sha: pullRequest.head.sha };
}

async function push(world: World, text: string): Promise<string> {
  const files = { 'index.html': `<h1>${text}</h1>\n` };
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: HEAD, files });
  await world.drain();
  return sha;
}

async function checkOf(world: World, sha: string) {
  await world.drain();
  const [check] = await world.reviewer.checks(sha);
  return { ...check, summary: check?.output.summary ?? '' };
}

test('a static preview is visited at the address of its commit before it is live', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  const ran = await runPreview(world, { number });
  const { environment, deployments } = await lookAt(world, number);
  const address = `${commitLabel({ sha, label: environment.slug })}.localhost:${String(world.app.port)}`;
  expect(ran.outputs).toMatchObject({
    status: DEPLOYMENT_STATUS.success,
    live: 'true',
    'commit-url': `http://${address}`,
  });
  expect(ran.log).toContain(`http://${address}/ answers 200.`);
  const verifying = deployments[0]?.stages.find(({ name }) => name === 'verifying');
  expect(verifying).toMatchObject({ status: STAGE_STATUS.completed, error: null });
  const check = await checkOf(world, sha);
  expect([check.status, check.conclusion]).toEqual([CHECK.completed, CONCLUSION.success]);
  expect(check.summary).toMatch(/^\| Verifying \| ✅ Done \| \d[\d.]* m?s \|$/m);
});

test('a health path that is not there fails the deployment, and the last good preview stays', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  const good = await runPreview(world, { number });
  const sha = await push(world, 'Second');
  const ran = await runPreview(world, { number, inputs: { 'health-path': '/nope', 'wait-timeout': '2s' } });
  expect([ran.exitCode, ran.outputs['status'], ran.outputs['live']]).toEqual([
    1,
    DEPLOYMENT_STATUS.failed,
    'false',
  ]);
  expect(ran.outputs['reason']).toMatch(
    /^verifying failed: .*\/nope did not become reachable in 2 s: the answer was HTTP 404\. It was tried \d+ times\./,
  );
  const check = await checkOf(world, sha);
  expect(check.conclusion).toBe(CONCLUSION.failure);
  expect(check.summary).toContain('the answer was HTTP 404');
  expect(check.summary).toMatch(/^\| Verifying \| ❌ Failed \| \d/m);
  expect((await visit(good.outputs['preview-url'] ?? '')).body).toContain('Hello');
});

test('while it is verified, only the address of the commit shows the new version', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  const good = await runPreview(world, { number });
  const sha = await push(world, 'Second');
  const { environment } = await lookAt(world, number);
  const url = good.outputs['preview-url'] ?? '';
  const commitUrl = url.replace(environment.slug, commitLabel({ sha, label: environment.slug }));
  const running = runPreview(world, { number, inputs: { 'health-path': '/nope', 'wait-timeout': '10s' } });
  const seen = await eventually(() => visit(commitUrl), {
    until: ({ status }) => status === 200,
    otherwise: 'The commit should have been shown.',
  });
  expect(seen.body).toContain('Second');
  expect(seen.headers['cache-control']).not.toContain('immutable');
  expect((await visit(url)).body).toContain('Hello');
  await running;
});

test('a publication that broke off is made up for by the run that sends again', async () => {
  let broken = 0;
  const act = async () => {
    broken += 1;
    throw new Error('The process ended here.');
  };
  const interruption = { method: 'change', when: 'before', fits: isPublication } as const;
  const stores = (all: Stores): Stores => ({
    ...all,
    environments: aroundCalls(all.environments, { interruption, act }),
  });
  await using world = await startWorld({ overrides: { around: { stores } } });
  const { number } = await openPullRequest(world);
  const ran = await runPreview(world, { number, inputs: { 'wait-timeout': '5s' } });
  expect([broken, ran.exitCode, ran.outputs['reason']]).toEqual([1, 0, '']);
  expect((await visit(ran.outputs['commit-url'] ?? '')).body).toContain('Hello');
});

function isPublication([, write]: readonly unknown[]): boolean {
  const { resources } = (write as { patch: Partial<Environment> }).patch;
  return resources?.some(({ handle }) => handle !== null) === true;
}

test('what is wrong with an upload is noted in the check, the log and the summary, until it is mended', async () => {
  const files = { 'index.html': '<h1>Hello</h1>\n', _redirects: '/old\n' };
  await using world = await startWorld({ files });
  const { number, sha } = await openPullRequest(world);
  const ran = await runPreview(world, { number });
  const check = await checkOf(world, sha);
  expect(check.conclusion).toBe(CONCLUSION.success);
  for (const text of [check.summary.replaceAll('\\', ''), ran.log, ran.summary])
    expect(text).toContain('_redirects');
  const { sha: mended } = await world.github.push({
    repository: REPOSITORY,
    branch: HEAD,
    files: { _redirects: '/old /new\n' },
  });
  await world.drain();
  await runPreview(world, { number });
  expect((await checkOf(world, mended)).summary).not.toContain('redirects');
});

test('a preview that something else deployed is waited for until it is up', async () => {
  let asked = 0;
  const slow = createServer((_request, response) => {
    asked += 1;
    response.writeHead(asked > 2 ? 200 : 503).end('hello');
  });
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  const url = `http://127.0.0.1:${String((slow.address() as AddressInfo).port)}`;
  const ran = await runPreview(world, { number, inputs: { url, 'wait-timeout': '20s' } });
  slow.close();
  expect([ran.exitCode, asked]).toEqual([0, 3]);
  const check = await checkOf(world, sha);
  expect(check.conclusion).toBe(CONCLUSION.success);
  expect(check.summary).toMatch(/^\| Verifying \| ✅ Done \|/m);
});
