import { expect, test } from '@jest/globals';
import type { Claim } from '../../src/environments/store.js';
import { reconcileReport } from '../../src/reports/report.js';
import { CHECK, CONCLUSION } from '../../src/shared/status/github.js';
import { until } from '../contracts/until.js';
import { startReportStage, type ReportStage } from './stage.js';

const HOLD = { action: 'hold', rule: 'awaiting-approval', detail: 'Somebody must approve this.' } as const;
const TRUTH = { status: CHECK.completed, conclusion: CONCLUSION.actionRequired };
const lost = { code: 'conflict', message: expect.stringMatching(/claim/) as unknown };

/** One worker pauses with the old document; the document changes, and another worker claims the report. */
async function overslept(stage: ReportStage) {
  const old = await stage.claim('sleeper', 1);
  await stage.change({ decision: HOLD });
  const next = await until(() => stage.ports.environments.claim('report', { owner: 'b', leaseMs: 60_000 }));
  return { old, next };
}

async function tell(stage: ReportStage, claim: Claim, ports = stage.ports) {
  await reconcileReport(ports, claim);
  await ports.environments.release(claim, {});
}

test('a worker that has lost its claim sends nothing', async () => {
  await using stage = await startReportStage();
  const { old, next } = await overslept(stage);
  await tell(stage, next);
  const writes = stage.github.emulated.writes();
  await expect(reconcileReport(stage.ports, old)).rejects.toMatchObject(lost);
  expect(stage.github.emulated.writes()).toBe(writes);
  expect(await stage.check()).toMatchObject(TRUTH);
});

test('a worker that loses its claim between two requests does not send the second', async () => {
  await using stage = await startReportStage();
  await tell(stage, await stage.claim());
  await stage.change({ decision: HOLD });
  const claim = await stage.claim();
  let answers = 0;
  const writes = stage.github.emulated.writes();
  const held = { ...claim, held: async () => (answers += 1) <= 1 };
  await expect(reconcileReport(stage.ports, held)).rejects.toMatchObject(lost);
  expect(stage.github.emulated.writes()).toBe(writes + 1);
});

test('an old report that reaches GitHub after a newer one is corrected', async () => {
  await using stage = await startReportStage();
  await tell(stage, await stage.claim());
  await stage.change({ error: 'something that is not shown' });
  const { old, next } = await overslept(stage);
  // It believed that it still had the time when it began to send.
  const late = { ...old, held: async () => true };
  await tell(stage, next);
  const titles = async () => (await stage.check()) as { output?: { title?: string } } | undefined;
  await stage.ports.environments.saveReported(old, old.environment.reported);
  await expect(reconcileReport(stage.ports, forgetful(late))).rejects.toMatchObject(lost);
  expect((await titles())?.output?.title).toBe('Queued');
  await tell(stage, await stage.claim());
  expect(await stage.check()).toMatchObject({ ...TRUTH, output: { title: HOLD.detail } });
});

test('a corrected report is not sent a third time', async () => {
  await using stage = await startReportStage();
  await tell(stage, await stage.claim());
  await stage.ports.environments.markDue(stage.environment.id, 'report');
  const writes = stage.github.emulated.writes();
  await tell(stage, await stage.claim());
  expect(stage.github.emulated.writes()).toBe(writes);
});

/** Its stored digests are old too, so it sends. */
function forgetful(claim: Claim): Claim {
  const { reported } = claim.environment;
  const checks = reported.checks.map((check) => ({ ...check, digest: 'old' }));
  return { ...claim, environment: { ...claim.environment, reported: { ...reported, checks } } };
}
