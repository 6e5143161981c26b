import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readLines } from '../../src/deployments/logs/read.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { createProgramLogs } from '../../src/reconcile/program-logs.js';
import { eventually } from '../../demo/expect.js';
import { openPrograms } from '../support/program-stage.js';

let stage: Awaited<ReturnType<typeof openPrograms>>;

beforeAll(async () => {
  stage = await openPrograms();
});
afterAll(() => stage[Symbol.asyncDispose]());

async function textsOf({ current }: StoredEnvironment): Promise<string[]> {
  const texts: string[] = [];
  const from = { deploymentId: current?.deploymentId ?? '', after: 0 };
  for await (const lines of readLines(stage.app.ports.runtimeLogs, from))
    texts.push(...lines.map(({ number, level, text }) => `${String(number)} ${level} ${text}`));
  return texts;
}

const has = (environment: StoredEnvironment, count: number) =>
  eventually(() => textsOf(environment), {
    until: (texts) => texts.length >= count,
    otherwise: `There are no ${String(count)} lines.`,
  });

test('what a program prints is stored once, whoever follows it and however often it is followed again', async () => {
  const environment = await stage.show('pr-1-logs');
  const id = environment.current?.deploymentId ?? '';
  let time = Date.now();
  // Several lines in each millisecond, as busy programs print them.
  const print = (from: number, to: number) => {
    for (let number = from; number <= to; number += 1) {
      if (number % 3 === 0) time += 1;
      stage.target.print(id, { at: new Date(time), text: `line ${String(number)}` });
    }
  };
  print(1, 10);
  const first = createProgramLogs(stage.app.ports);
  await first.look();
  await has(environment, 10);
  print(11, 12);
  await first.stop(5_000);
  // Nobody follows it.
  print(13, 25);
  const others = [createProgramLogs(stage.app.ports), createProgramLogs(stage.app.ports)];
  await Promise.all(others.map((other) => other.look()));
  await has(environment, 25);
  stage.target.print(id, { at: new Date((time += 1)), text: 'oh no', stream: 'stderr' });
  stage.target.print(id, { at: new Date(time - 5), text: 'ready', service: 'db' });
  const texts = await has(environment, 27);
  const lines = Array.from(
    { length: 25 },
    (_, index) => `${String(index + 1)} info line ${String(index + 1)}`,
  );
  expect(texts.slice(0, 25)).toEqual(lines);
  expect(texts.slice(25)).toEqual(['26 error oh no', '27 info db | ready']);
  await Promise.all(others.map((other) => other.stop(5_000)));
});

test('two processes that follow at once, after a lost lease, store each line once', async () => {
  const environment = await stage.show('pr-2-logs');
  const id = environment.current?.deploymentId ?? '';
  // Every process believes that it holds the lease.
  const leases = { ...stage.app.ports.leases, acquire: async () => true, renew: async () => true };
  const both = [0, 1].map(() => createProgramLogs({ ...stage.app.ports, leases }));
  await Promise.all(both.map((one) => one.look()));
  const start = Date.now();
  for (let round = 0; round < 5; round += 1) {
    for (let line = 0; line < 20; line += 1)
      stage.target.print(id, { at: new Date(start + round), text: `${String(round)}.${String(line)}` });
    await has(environment, (round + 1) * 20);
  }
  expect(await textsOf(environment)).toHaveLength(100);
  await Promise.all(both.map((one) => one.stop(5_000)));
});

test('it goes on when the program sleeps and wakes, and ends when its preview goes', async () => {
  const environment = await stage.show('pr-3-logs');
  const id = environment.current?.deploymentId ?? '';
  const logs = createProgramLogs(stage.app.ports);
  stage.target.print(id, { at: new Date(), text: 'before' });
  await logs.look();
  await has(environment, 1);
  await stage.fallAsleep();
  expect((await stage.read(environment)).asleep?.stoppedAt).not.toBeNull();
  expect((await stage.visit('pr-3-logs')).status).toBe(200);
  stage.target.print(id, { at: new Date(Date.now() + 1), text: 'after' });
  await eventually(() => logs.look().then(() => textsOf(environment)), {
    until: (texts) => texts.length === 2,
    otherwise: 'It is not followed after it woke up.',
  });
  const resources = (await stage.read(environment)).resources.map((one) => ({ ...one, doomed: true }));
  await stage.app.ports.environments.change(await stage.read(environment), { patch: { resources }, due: [] });
  await logs.look();
  await logs.stop(5_000);
  stage.target.print(id, { at: new Date(Date.now() + 2), text: 'too late' });
  expect(await textsOf(environment)).toEqual(['1 info before', '2 info after']);
});
