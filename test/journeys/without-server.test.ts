import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runAction } from '../../demo/runner/run-action.js';
import { CONCLUSION, D, E } from '../../src/domain/lifecycle.js';
import { ROOT } from '../support/architecture/read-sources.js';
import { REPOSITORY, startWorld } from '../support/start-world.js';

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

test('a run without a server reports by its own check run, and the App writes the same documents from it', async () => {
  await using world = await startWorld();
  await using page = await startPage();
  const { number, head } = (await world.github.openPullRequest({ repository: REPOSITORY, head: 'elsewhere' }))
    .pullRequest;
  await world.settle();
  const run = await world.github.startRun({ repository: REPOSITORY, number, permissions: PERMISSIONS });
  const workspace = await mkdtemp(join(tmpdir(), 'vitrine-run-'));
  const result = await runAction({ action: ROOT, run, workspace, inputs: { url: page.url } });
  await rm(workspace, { recursive: true, force: true });
  expect(result.exitCode).toBe(0);
  expect(result.outputs['preview-url']).toBe(page.url);
  await world.settle();
  world.github.finishRun(run, CONCLUSION.success);
  await world.settle();

  const [environment] = await world.app.ports.environments.ofPullRequest(world.repoId(), number);
  expect(environment?.status).toBe(E.ready);
  expect(environment?.current?.url).toBe(page.url);
  const { items } = await world.app.ports.deployments.listOf(environment?.id ?? '', { limit: 9 });
  expect(items.map(({ status, run: by }) => [status, by?.id])).toEqual([[D.success, String(run.id)]]);
  const checks = await world.reviewer.checks(head.sha);
  // The App's was there before the run came. The two never disagree, and ours says that there is another one.
  expect(checks.map(({ conclusion }) => conclusion)).toEqual([CONCLUSION.success, CONCLUSION.success]);
  expect(checks.filter(({ output }) => /a check of its own/.test(output.summary ?? ''))).toHaveLength(1);
  const [comment, ...more] = await world.reviewer.comments(number);
  expect(more).toEqual([]);
  expect(comment?.body).toContain(page.url);
  expect(comment?.body).toMatch(new RegExp(`Build log.*/actions/runs/${run.id}/attempts/1`));
  expect(comment?.body).not.toMatch(/expires|everything it used/);
});
