import type { Reported, ReportedCheck } from '../environments/model.js';
import type { Told } from '../repositories/github.js';
import { isKnown, type PlannedCheck } from './desired-checks.js';
import type { Desired } from './desired.js';

/** "An attempt was begun, its outcome is not known": the reporter looks before it creates. */
const BEGUN: Told = { id: null, digest: '' };

export interface Beginning {
  readonly reported: Reported;
  /** What was never tried: there is nothing to look for. By what it is of: a commit, a deployment, the comment. */
  readonly firsts: ReadonlySet<string>;
}

/** What is about to be told for the first time, written down before it is: a crash in between must not make a second one. */
export function beginReports(start: Reported, desired: Desired): Beginning {
  const checks = desired.checks.filter((planned) => !isKnown(start, planned));
  const fresh = desired.deployments.filter(
    ({ deploymentId }) => !start.deployments.some((told) => told.deploymentId === deploymentId),
  );
  const first = desired.comment !== null && start.comment === null;
  const shas = checks.map(({ report }) => report.sha);
  return {
    reported: {
      ...start,
      // Behind the others: the newest are kept.
      checks: [...start.checks.filter(({ sha }) => !shas.includes(sha)), ...checks.map(begun)],
      deployments: [
        ...start.deployments,
        ...fresh.map(({ deploymentId }) => ({ deploymentId, ...BEGUN, settled: false })),
      ],
      comment: first ? BEGUN : start.comment,
    },
    firsts: new Set([
      ...shas,
      ...fresh.map(({ deploymentId }) => deploymentId),
      ...(first ? ['comment'] : []),
    ]),
  };
}

function begun({ report: { sha }, attempt, deploymentId }: PlannedCheck): ReportedCheck {
  return { sha, ...BEGUN, settled: false, attempt, ...(deploymentId && { deploymentId }) };
}
