import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { createDiskBlobStore } from '../../../app/blobs/disk-store.js';
import { eventually } from '../../../demo/expect.js';
import { visit } from '../../../demo/visit.js';
import { isHash } from '../../../src/shared/hash.js';
import { CONCLUSION, DEPLOYMENT_STATE } from '../../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { expectConverged } from '../../support/expect-converged.js';
import { filesIn } from '../../support/files-in.js';
import { runPreview } from '../../support/run-preview.js';
import { startCluster, type Cluster } from '../../support/start-cluster.js';
import type { CrashPoint } from '../../support/start-crashing-app.js';
import { REPOSITORY } from '../../support/start-world.js';

const FILES = { 'index.html': '<h1>One of two</h1>\n', 'a.css': 'a{}\n', 'logo.png': 'not really\n' };

async function expectDeployed(run: ReturnType<typeof runPreview>) {
  const { exitCode, log } = await run;
  // The log is what says why.
  expect({ exitCode, log: exitCode === 0 ? '' : log }).toEqual({ exitCode: 0, log: '' });
}

/** What GitHub shows, once everything is done. */
async function onGitHub({ reviewer }: Cluster, { number, sha }: { number: number; sha: string }) {
  return {
    conclusions: (await reviewer.checks(sha)).map(({ conclusion }) => conclusion),
    comments: (await reviewer.comments(number)).length,
    deployments: (await reviewer.deployments()).filter((one) => one.sha === sha).map(({ state }) => state),
  };
}

async function expectLive(cluster: Cluster, { number, sha }: { number: number; sha: string }) {
  const { environment, deployments } = await expectConverged(cluster, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.ready);
  expect(deployments[0]).toMatchObject({ sha, status: DEPLOYMENT_STATUS.success });
  // In turn, so each of the two is asked: the files are everybody's.
  for (const answer of [await visit(environment.url), await visit(environment.url)])
    expect(answer.body).toContain('One of two');
  expect(await onGitHub(cluster, { number, sha })).toEqual({
    conclusions: [CONCLUSION.success],
    comments: 1,
    deployments: [DEPLOYMENT_STATE.success],
  });
}

async function expectGone(cluster: Cluster, { number, sha }: { number: number; sha: string }) {
  const { environment } = await expectConverged(cluster, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.destroyed, resources: [] });
  // The server that did not take it down may show for a second more what it has in memory.
  await eventually(() => Promise.all([visit(environment.url), visit(environment.url)]), {
    until: (both) => both.every(({ status }) => status === 410),
    otherwise: 'Neither server should show a preview that is gone.',
  });
  expect(await onGitHub(cluster, { number, sha })).toMatchObject({ comments: 1 });
  expect((await cluster.reviewer.deployments()).map(({ state }) => state)).toEqual(
    expect.not.arrayContaining([DEPLOYMENT_STATE.success]),
  );
  expect(filesIn(join(cluster.dataDir, 'blobs')).filter(isHash)).toEqual([]);
}

export async function playEverythingTwice(): Promise<void> {
  await using cluster = await startCluster({ files: FILES });
  const { github, front, first, second } = cluster;
  const opened = await github.openPullRequest({ repository: REPOSITORY, head: 'shared' });
  const { number } = opened.pullRequest;
  const guids = Array.from({ length: 10 }, () => randomUUID());
  const attempts = [
    ...(await cluster.deliver(opened.delivery, 20)),
    ...(await github.webhooks.send(opened.delivery, { guids })),
  ];
  expect(new Set(attempts.map(({ status }) => status))).toEqual(new Set([202]));
  await cluster.quiet();
  expect((await expectConverged(cluster, number)).deployments).toHaveLength(1);
  expect(await onGitHub(cluster, { number, sha: opened.pullRequest.head.sha })).toEqual({
    conclusions: [null],
    comments: 1,
    deployments: [],
  });

  await expectDeployed(runPreview(cluster, { number }));
  await cluster.quiet();
  await expectLive(cluster, { number, sha: opened.pullRequest.head.sha });
  for (const { port } of [first, second]) expect(front.answered.get(port)).toBeGreaterThan(3);

  const pushed = await github.push({ repository: REPOSITORY, branch: 'shared', files: { 'b.txt': 'b' } });
  // The run comes before the webhook, to one server, while the webhook goes to both.
  const run = runPreview(cluster, { number });
  for (const { delivery } of pushed.pullRequests) await cluster.deliver(delivery, 10);
  await expectDeployed(run);
  await cluster.quiet();
  await expectLive(cluster, { number, sha: pushed.sha });
  expect((await expectConverged(cluster, number)).deployments).toHaveLength(2);

  await cluster.deliver(github.closePullRequest({ repository: REPOSITORY, number }).delivery, 10);
  await cluster.quiet();
  await expectGone(cluster, { number, sha: pushed.sha });
  expect(github.violations).toEqual([]);
}

export const AT_THE_WEBHOOK: readonly (readonly [string, CrashPoint])[] = [
  ['a delivery', { port: 'users', method: 'saveFromGitHub', when: 'before' }],
  ['a report', { port: 'reporter', method: 'check', when: 'after' }],
];

export async function playKillAtWebhook(crash: CrashPoint): Promise<void> {
  await using cluster = await startCluster({ files: FILES, crash });
  const { github, first, second } = cluster;
  second.kill('SIGSTOP');
  const opened = await github.openPullRequest({ repository: REPOSITORY, head: 'shared' });
  github.webhooks.sendTo(`http://localhost:${first.port}/api/github/webhooks`);
  await github.webhooks.send(opened.delivery);
  expect(await first.ended).toBe('SIGKILL');
  second.kill('SIGCONT');
  cluster.front.leadTo([second.port]);
  await cluster.quiet();
  const { number, head } = opened.pullRequest;
  expect((await expectConverged(cluster, number)).deployments).toHaveLength(1);
  await expectDeployed(runPreview(cluster, { number }));
  await cluster.quiet();
  await expectLive(cluster, { number, sha: head.sha });
}

export async function playKillAtUpload(): Promise<void> {
  const crash = { port: 'blobs', method: 'write', when: 'after' } as const;
  await using cluster = await startCluster({ files: FILES, crash });
  const { github, first, second, front } = cluster;
  const opened = await github.openPullRequest({ repository: REPOSITORY, head: 'shared' });
  const { number, head } = opened.pullRequest;
  await cluster.deliver(opened.delivery, 1);
  await cluster.quiet();
  front.leadTo([first.port]);
  const run = runPreview(cluster, { number });
  expect(await first.ended).toBe('SIGKILL');
  front.leadTo([second.port]);
  await expectDeployed(run);
  await cluster.quiet();
  await expectLive(cluster, { number, sha: head.sha });
  github.webhooks.sendTo(`http://localhost:${second.port}/api/github/webhooks`);
  await github.webhooks.send(github.closePullRequest({ repository: REPOSITORY, number }).delivery);
  await cluster.quiet();
  await expectGone(cluster, { number, sha: head.sha });
  await expectNoHalfFiles(join(cluster.dataDir, 'blobs'));
}

/** What a killed server had half written has no name yet: nobody meets it, and a sweep takes it after an hour. */
async function expectNoHalfFiles(dir: string) {
  const now = new Date(Date.now() + 2 * 60 * 60_000);
  await createDiskBlobStore({ dir, now: () => now }).sweep({ referenced: new Set(), olderThan: new Date(0) });
  expect(filesIn(dir)).toEqual([]);
}

export async function playKillAtTearDown(): Promise<void> {
  const crash = { port: 'environments', method: 'change', when: 'before', sets: 'destroyedAt' } as const;
  await using cluster = await startCluster({ files: FILES, crash });
  const { github, first, second, front } = cluster;
  const opened = await github.openPullRequest({ repository: REPOSITORY, head: 'shared' });
  const { number, head } = opened.pullRequest;
  await cluster.deliver(opened.delivery, 1);
  await cluster.quiet();
  await expectDeployed(runPreview(cluster, { number }));
  await cluster.quiet();
  second.kill('SIGSTOP');
  github.webhooks.sendTo(`http://localhost:${first.port}/api/github/webhooks`);
  await github.webhooks.send(github.closePullRequest({ repository: REPOSITORY, number }).delivery);
  expect(await first.ended).toBe('SIGKILL');
  second.kill('SIGCONT');
  front.leadTo([second.port]);
  await cluster.quiet();
  await expectGone(cluster, { number, sha: head.sha });
}
