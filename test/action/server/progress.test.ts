import { expect, test } from '@jest/globals';
import { sleep } from '../../../action/http/world.js';
import { createProgress } from '../../../action/server/progress.js';
import { eventually } from '../../../demo/expect.js';
import type { Client } from '../../../src/contract/client.js';
import type { RecordProgressBody } from '../../../src/contract/deployments.js';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../../../src/shared/status/words.js';

function setUp(answer: () => Promise<void> = async () => undefined, beatMs?: number) {
  const bodies: RecordProgressBody[] = [];
  const failures: unknown[] = [];
  const ending = new AbortController();
  let heard = (): void => undefined;
  const first = new Promise<void>((resolve) => (heard = resolve));
  const client = async (_operation: unknown, { body }: { body: RecordProgressBody }) => {
    bodies.push(body);
    heard();
    await answer();
    return {};
  };
  const progress = createProgress({
    client: client as unknown as Client,
    id: 'd'.repeat(24),
    generation: 3,
    now: () => new Date(0),
    signal: ending.signal,
    onFailure: (error) => void failures.push(error),
    ...(beatMs === undefined ? {} : { beatMs }),
  });
  return { progress, bodies, failures, ending, first };
}

const LAST = { outcome: { status: DEPLOYMENT_STATUS.success, error: null, logTail: [] } };

test('stages that are over in a moment travel with the end, in one report', async () => {
  const { progress, bodies } = setUp();
  progress.begin('installing');
  progress.end('installing', { status: STAGE_STATUS.skipped, error: null });
  progress.begin('building');
  await progress.finish(LAST);
  expect(bodies).toEqual([
    {
      generation: 3,
      stages: [
        {
          name: 'installing',
          status: STAGE_STATUS.skipped,
          startedAt: '1970-01-01T00:00:00.000Z',
          completedAt: '1970-01-01T00:00:00.000Z',
          error: null,
        },
        {
          name: 'building',
          status: STAGE_STATUS.inProgress,
          startedAt: '1970-01-01T00:00:00.000Z',
          completedAt: null,
          error: null,
        },
      ],
      ...LAST,
    },
  ]);
});

test('a long stage is reported while it lasts, and the end waits for that report', async () => {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { progress, bodies, first } = setUp(() => gate);
  progress.begin('building');
  await first;
  progress.end('building', { status: STAGE_STATUS.completed, error: null });
  const finished = progress.finish(LAST);
  expect(bodies).toHaveLength(1);
  open();
  await finished;
  expect(bodies.map(({ outcome }) => outcome?.status)).toEqual([undefined, DEPLOYMENT_STATUS.success]);
});

test('a report that fails is told and hinders nothing', async () => {
  let broken = true;
  const { progress, failures, first } = setUp(async () => {
    if (broken) throw new Error('away');
  });
  progress.begin('building');
  await first;
  broken = false;
  await progress.finish(LAST);
  expect(failures).toHaveLength(1);
});

test('a stage that prints nothing is reported again and again, so that the server knows it is alive', async () => {
  const { progress, bodies, ending } = setUp(undefined, 5);
  progress.begin('building');
  await eventually(async () => bodies.length, {
    until: (count) => count > 3,
    otherwise: 'Nothing is reported by itself.',
  });
  expect(bodies.at(-1)).toMatchObject({ stages: [{ name: 'building', status: STAGE_STATUS.inProgress }] });
  await progress.finish(LAST);
  ending.abort();
});

test('signs of life do not pile up while the server is slow to answer', async () => {
  let open = 0;
  let most = 0;
  const slow = async () => {
    most = Math.max(most, (open += 1));
    await sleep(5, new AbortController().signal);
    open -= 1;
  };
  const { progress, bodies } = setUp(slow, 1);
  progress.begin('building');
  await eventually(async () => bodies.length, {
    until: (count) => count > 3,
    otherwise: 'Nothing is reported by itself.',
  });
  await progress.finish(LAST);
  expect(most).toBe(1);
});

test('after the end nothing is sent by itself', async () => {
  const { progress, bodies, ending } = setUp();
  progress.begin('building');
  ending.abort();
  await progress.finish(LAST);
  expect(bodies).toHaveLength(1);
});

test('a long error is cut to what the server takes', async () => {
  const { progress } = setUp();
  progress.end('building', { status: STAGE_STATUS.failed, error: 'x'.repeat(5_000) });
  expect(progress.stages()[0]).toMatchObject({ startedAt: null, error: 'x'.repeat(4_000) });
  await progress.finish(LAST);
});
