import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { runAction } from '../../demo/runner/run-action.js';
import { formatExternalId } from '../../src/shared/run-ref.js';
import { CHECK, CONCLUSION, DEPLOYMENT_STATE } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { ROOT } from '../support/architecture/read-sources.js';
import { lookAt } from '../support/look-at.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

const PERMISSIONS = {
  contents: 'read',
  checks: 'write',
  pull_requests: 'write',
  deployments: 'write',
} as const;

async function startPage() {
  const server = createServer((_request, response) => response.end('<h1>Deployed elsewhere</h1>'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

async function open({ github }: World) {
  return (await github.openPullRequest({ repository: REPOSITORY, head: 'elsewhere' })).pullRequest;
}

interface Alone {
  readonly number: number;
  readonly url: string;
}

async function runAlone({ github }: World, { number, url }: Alone) {
  const run = await github.startRun({ repository: REPOSITORY, number, permissions: PERMISSIONS });
  const workspace = await mkdtemp(join(tmpdir(), 'vitrine-run-'));
  const result = await runAction({ action: ROOT, run, workspace, inputs: { url } });
  await rm(workspace, { recursive: true, force: true });
  expect(result.exitCode).toBe(0);
  return { run, result };
}

/** What a run tells that knows of the App: it leaves comment and deployment to that. */
async function tellByCheck({ github }: World, { number, sha, url }: Alone & { readonly sha: string }) {
  const run = await github.startRun({ repository: REPOSITORY, number, permissions: PERMISSIONS });
  const job = { id: String(run.id), attempt: run.attempt, job: run.job };
  const external_id = formatExternalId({ environment: `pr-${number}`, project: 'hello', sha, run: job });
  const ask = async (method: string, path: string, body: object) => {
    const headers = { authorization: `token ${run.token}`, 'content-type': 'application/json' };
    const address = `${github.url}/repos/${REPOSITORY}/check-runs${path}`;
    const answer = await fetch(address, { method, headers, body: JSON.stringify(body) });
    return z.object({ id: z.number() }).parse(await answer.json()).id;
  };
  const fresh = { name: 'Preview', head_sha: sha, external_id, status: CHECK.inProgress };
  const id = await ask('POST', '', fresh);
  await ask('PATCH', `/${id}`, { status: CHECK.completed, conclusion: CONCLUSION.success, details_url: url });
  return run;
}

test('a run without a server reports by its own check run, and the App writes the same documents from it', async () => {
  await using world = await startWorld();
  await using page = await startPage();
  const { number, head } = await open(world);
  await world.drain();
  const { run, result } = await runAlone(world, { number, url: page.url });
  expect(result.outputs['preview-url']).toBe(page.url);
  await world.drain();
  world.github.finishRun(run, CONCLUSION.success);
  await world.drain();

  const [environment] = await world.app.ports.environments.ofPullRequest(world.repoId(), number);
  expect(environment?.status).toBe(ENVIRONMENT_STATUS.ready);
  expect(environment?.current?.url).toBe(page.url);
  const { items } = await world.app.ports.deployments.listOf(environment?.id ?? '', { limit: 9 });
  expect(items.map(({ status, run: by }) => [status, by?.id])).toEqual([
    [DEPLOYMENT_STATUS.success, String(run.id)],
  ]);
  const checks = await world.reviewer.checks(head.sha);
  // The App's was there before the run came. The two never disagree, and ours says that there is another one.
  expect(checks.map(({ conclusion }) => conclusion)).toEqual([CONCLUSION.success, CONCLUSION.success]);
  expect(checks.filter(({ output }) => /in its own check/.test(output.summary ?? ''))).toHaveLength(1);
  const [comment, ...more] = await world.reviewer.comments(number);
  expect(more).toEqual([]);
  expect(comment?.body).toContain(page.url);
  expect(comment?.body).toMatch(new RegExp(`Build log.*/actions/runs/${run.id}/attempts/1`));
  expect(comment?.body).not.toMatch(/expires|everything it used/);
});

test('the report of a run that is heard of before its commit, or instead of it, counts: one comment, one deployment, and both end', async () => {
  await using world = await startWorld();
  await using page = await startPage();
  world.github.webhooks.hold();
  const { number, head } = await open(world);
  const run = await tellByCheck(world, { number, sha: head.sha, url: page.url });
  const held = world.github.webhooks.deliveries.length;
  const checks = () => world.github.webhooks.deliveries.filter(({ event }) => event === 'check_run');
  for (const delivery of checks()) await world.github.webhooks.send(delivery);
  await world.drain();
  expect((await lookAt(world, number)).environment).toMatchObject({
    status: ENVIRONMENT_STATUS.ready,
    head: { sha: head.sha },
    current: { url: page.url },
  });

  // Only now, and the closing at last.
  expect(world.github.webhooks.deliveries.length).toBeGreaterThan(held);
  world.github.finishRun(run, CONCLUSION.success);
  await world.github.webhooks.release();
  await world.drain();
  expect((await lookAt(world, number)).deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.success,
  ]);
  expect(await world.reviewer.comments(number)).toHaveLength(1);
  expect((await world.reviewer.deployments()).map(({ state }) => state)).toEqual([DEPLOYMENT_STATE.success]);
  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  const [comment, ...more] = await world.reviewer.comments(number);
  expect(more).toEqual([]);
  expect(comment?.body).toMatch(/was removed/);
  expect((await world.reviewer.deployments()).map(({ state }) => state)).toEqual([DEPLOYMENT_STATE.inactive]);
});

test('a check run of an older commit, or of a pull request that there is none of, is answered without harm', async () => {
  await using world = await startWorld();
  await using page = await startPage();
  const { number } = await open(world);
  await world.drain();
  await runAlone(world, { number, url: page.url });
  await world.drain();
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'elsewhere' });
  await world.drain();
  const old = world.github.webhooks.deliveries.filter(({ event }) => event === 'check_run').slice(-1);
  world.github.forgetRequests();
  for (const delivery of old) await world.github.webhooks.send(delivery, { guids: ['late'] });
  await world.drain();
  expect(world.github.requests({ method: 'GET', path: /\/pulls\/\d+$/ })).toEqual([]);
  expect((await lookAt(world, number)).environment).toMatchObject({
    status: ENVIRONMENT_STATUS.ready,
    head: { sha },
  });
});
