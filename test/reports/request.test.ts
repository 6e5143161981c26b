import { expect, test } from '@jest/globals';
import { reconcileReport } from '../../src/reports/report.js';
import type { SentReport } from '../../src/reports/reporter.js';
import { rerequest } from '../../src/reports/request.js';
import { startReportStage, type ReportStage } from './stage.js';

const ask = ({ github, ports }: ReportStage) =>
  rerequest(ports, { repo: github.repo, sha: github.sha, numbers: [github.number] });

const edits = ({ github }: ReportStage) =>
  github.emulated.requests({ method: 'PATCH', path: /check-runs/ }).length;

test('a re-run of the check during a report sends the report again afterwards', async () => {
  await using stage = await startReportStage();
  const claim = await stage.claim();
  const during = stage.portsWith((reporter) => ({
    async check(...told): Promise<SentReport> {
      const answer = await reporter.check(...told);
      expect((await ask(stage)).environmentIds).toEqual([stage.environment.id]);
      return answer;
    },
  }));
  await reconcileReport(during, claim);
  await stage.ports.environments.release(claim, {});
  expect(edits(stage)).toBe(0);
  await reconcileReport(stage.ports, await stage.claim());
  expect(edits(stage)).toBe(1);
});

test('a requested full report keeps the ids that a concurrent report stored', async () => {
  await using stage = await startReportStage();
  const claim = await stage.claim();
  const { environments } = stage.ports;
  // A whole report is sent between the read of the document and the write.
  const get = async (id: string) => {
    const seen = await environments.get(id);
    await reconcileReport(stage.ports, claim);
    return seen;
  };
  await rerequest(
    { ...stage.ports, environments: { ...environments, get } },
    { repo: stage.github.repo, sha: stage.github.sha, numbers: [stage.github.number] },
  );
  const { reported } = await stage.stored();
  expect(reported.comment?.id).toEqual(expect.any(Number));
  expect(reported.checks.map(({ id }) => id)).toEqual([expect.any(Number)]);
});

test('a re-run of the check of an older commit sends nothing', async () => {
  await using stage = await startReportStage();
  const { repo, number } = stage.github;
  const asked = await rerequest(stage.ports, { repo, sha: '0'.repeat(40), numbers: [number] });
  expect(asked).toMatchObject({ action: 'ignore', environmentIds: [] });
  expect((await stage.stored()).reportEpoch).toBeUndefined();
});
