import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { hashToken } from '../../src/people/api-token.js';
import { appendLogs } from '../../src/deployments/logs/append.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { newDeployment } from '../support/builders.js';
import { type EventReader, readEvents } from '../support/event-stream.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { startCluster } from '../support/start-cluster.js';
import { openPullRequest, startWorld } from '../support/start-world.js';

const TOKEN = 'vto_watcher';
const scope = { kind: 'operator', name: 'watcher' } as const;

test('people see the lines of a build while it still builds, and the stream ends with the deployment', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-live-'));
  const gate = join(folder, 'go');
  await using world = await startWorld();
  await world.app.ports.tokens.issue({ hash: hashToken(TOKEN), scope, expiresAt: null });
  const { number } = await openPullRequest(world);
  const build = `echo "step one"; while [ ! -e ${gate} ]; do sleep 0.05; done; echo "step two"`;
  const ran = runPreview(world, { number, inputs: { 'build-command': build, 'output-dir': '.' } });
  const { deployments } = await lookAt(world, number);
  const url = `${world.app.url}/api/v1/deployments/${deployments[0]?.id ?? ''}/logs`;
  const reader = await readEvents(url, { token: TOKEN });
  const shows = (text: string) => reader.lines().some((line) => line.text === text);
  await reader.until(() => shows('step one'));
  expect(shows('step two')).toBe(false);
  expect((await lookAt(world, number)).deployments[0]?.status).toBe(DEPLOYMENT_STATUS.running);
  await writeFile(gate, '');
  expect((await ran).exitCode).toBe(0);
  await reader.ended;
  expect(shows('step two')).toBe(true);
  expect(reader.events.at(-1)).toMatchObject({ name: 'end', data: { reason: 'complete' } });
  const text = await fetch(`${url}.txt`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(await text.text()).toContain('step one\nstep two\n');
  await rm(folder, { recursive: true });
});

test('when their server is killed, readers go on at another one without a gap or a repeated line', async () => {
  await using cluster = await startCluster({ files: { 'index.html': 'x' } });
  const { first, second, app } = cluster;
  await app.ports.tokens.issue({ hash: hashToken(TOKEN), scope, expiresAt: null });
  const id = 'd'.repeat(24);
  await app.ports.deployments.ensure(newDeployment({ id, run: { id: '1', attempt: 1, job: 'preview' } }));
  let batch = 0;
  const append = async () => {
    const line = { at: new Date(), stage: 'building', level: 'info' } as const;
    const lines = ['a', 'b', 'c'].map((text) => ({ ...line, text: `${batch} ${text}` }));
    const ports = { ...app.ports, clock: { now: () => new Date() }, logSessions: new Map() };
    await appendLogs(
      { ...ports, redactLines: async (_deployment, given) => given },
      { deploymentId: id, seq: (batch += 1), lines },
    );
  };
  const open = (port: number, lastEventId?: string) =>
    readEvents(`http://localhost:${port}/api/v1/deployments/${id}/logs`, { token: TOKEN, lastEventId });
  const before = await Promise.all(Array.from({ length: 10 }, () => open(first.port)));
  // The test writes by itself, so both servers find the lines in the database.
  for (let count = 0; count < 20; count += 1) await append();
  await Promise.all(before.map((reader, index) => reader.until(() => reader.lines().length > index * 5)));
  first.kill('SIGKILL');
  await Promise.all(before.map(({ ended }) => ended));
  for (let count = 0; count < 10; count += 1) await append();
  const after = await Promise.all(before.map((reader) => open(second.port, reader.lastId())));
  for (let count = 0; count < 10; count += 1) await append();
  const deployment = await app.ports.deployments.get(id);
  if (!deployment) throw new Error('There is no deployment.');
  const ended = { status: DEPLOYMENT_STATUS.success, completedAt: new Date() };
  while (!(await app.ports.deployments.change((await app.ports.deployments.get(id)) ?? deployment, ended)));
  await Promise.all(after.map((reader) => reader.ended));
  const numbers = (readers: readonly (EventReader | undefined)[]) =>
    readers.flatMap((reader) => reader?.lines().map(({ number }) => number) ?? []);
  for (const [index, reader] of before.entries())
    expect(numbers([reader, after[index]])).toEqual(Array.from({ length: 120 }, (_, line) => line + 1));
});
