import { expect, test } from '@jest/globals';
import type { Environment, ReportedCheck } from '../../src/environments/model.js';
import { desiredChecks } from '../../src/reports/desired-checks.js';
import { CHECK } from '../../src/shared/status/github.js';
import {
  DEPLOYMENT_STATUS,
  type DeploymentStatus,
  ENVIRONMENT_STATUS,
} from '../../src/shared/status/words.js';
import { deploymentWith, environmentWith, OLDER_SHA, SHA } from '../app/github/report/scenes.js';

const HEAD = { sha: SHA, deploymentId: '65e1a000000000000000000a', at: new Date(0) };
const NOTHING = { deployments: [], commitStatus: null, comment: null };
const ENDED: ReportedCheck = { sha: SHA, id: 5, digest: 'd', settled: true };

function checks(
  told: readonly ReportedCheck[],
  changes: Partial<Environment> = {},
  status: DeploymentStatus = DEPLOYMENT_STATUS.running,
) {
  const environment = environmentWith({ head: HEAD, reported: { ...NOTHING, checks: told }, ...changes });
  return desiredChecks({ environment, siblings: [environment], deployment: deploymentWith(status) });
}

const attempts = (...asked: Parameters<typeof checks>) => checks(...asked).map(({ attempt }) => attempt);

test.each([
  ['the first check of a commit', 1, []],
  ['an open check', 1, [{ ...ENDED, settled: false }]],
  ['a check with an unknown outcome', 2, [{ ...ENDED, id: null, settled: false, attempt: 2 }]],
  ['a new build after a completed check', 2, [ENDED]],
  ['a new build after two completed checks', 3, [{ ...ENDED, attempt: 2 }]],
])('%s is attempt %i', (_what, attempt, told) => {
  expect(attempts(told)).toEqual([attempt]);
});

test('another deployment of a commit with a completed check gets a new check; the same deployment does not', () => {
  const told = [{ ...ENDED, deploymentId: 'before' }];
  expect(attempts(told, {}, DEPLOYMENT_STATUS.success)).toEqual([2]);
  expect(attempts([{ ...ENDED, deploymentId: HEAD.deploymentId }], {}, DEPLOYMENT_STATUS.success)).toEqual([
    1,
  ]);
});

test('a pull request closed and reopened before a report keeps the check that says it is closed', () => {
  const told = [{ ...ENDED, deploymentId: 'before' }];
  expect(attempts(told, { status: ENVIRONMENT_STATUS.destroyed }, DEPLOYMENT_STATUS.cancelled)).toEqual([1]);
});

test('every attempt has its own external id, and that of the first contains the commit alone', () => {
  const [first] = checks([]);
  const [second] = checks([ENDED]);
  expect(first?.report.externalId).toBe(`vitrine:1:pr-7:hello:${SHA}:::`);
  expect(second?.report.externalId).toBe(`vitrine:1:pr-7:hello:${SHA}::2:`);
});

test('where the run has its own check, no second one is created, but an existing one is kept up to date', () => {
  const selfReported = { head: { ...HEAD, selfReported: HEAD.deploymentId } };
  expect(checks([], selfReported)).toEqual([]);
  expect(checks([{ ...ENDED, settled: false }], selfReported)).toHaveLength(1);
  expect(checks([], { head: { ...HEAD, selfReported: 'an earlier one' } })).toHaveLength(1);
});

test('open checks of earlier commits are completed; completed ones stay unchanged', () => {
  const older = { ...ENDED, sha: OLDER_SHA, attempt: 2 };
  expect(checks([older]).map(({ report }) => report.sha)).toEqual([SHA]);
  const [, overtaken] = checks([{ ...older, settled: false }]);
  expect(overtaken).toMatchObject({
    attempt: 2,
    report: { sha: OLDER_SHA, status: CHECK.completed, title: 'A newer commit arrived' },
  });
});
