import type { Refused, Reported, ReportedCheck, ReportedDeployment } from '../environments/model.js';
import type { Claim, EnvironmentPorts } from '../environments/store.js';
import type { Told } from '../repositories/github.js';
import { CHECK, DEPLOYMENT_STATE } from '../shared/status/github.js';
import type { PlannedCheck } from './desired-checks.js';
import type { Desired } from './desired.js';
import { beginReports } from './report-begin.js';
import type { DeploymentReport } from './reporter.js';

type Ports = EnvironmentPorts;

/** Kept of what GitHub was told about commits that are history: enough to find them again, never growing. */
const KEPT = 20;

export type Book = ReturnType<typeof createBook>;

/** What GitHub was told. Storing it answers false when the claim is lost. */
export function createBook(
  { environments }: Pick<Ports, 'environments'>,
  { claim, desired }: { readonly claim: Claim; readonly desired: Desired },
) {
  const { reported: start, firsts } = beginReports(startOf(claim), desired);
  const checks = new Map(start.checks.map((check) => [check.sha, check]));
  const deployments = new Map(start.deployments.map((told) => [told.deploymentId, told]));
  let { comment, commitStatus } = start;
  const save = (refused: Refused | null): Promise<boolean> =>
    environments.saveReported(claim, {
      ...start,
      checks: [...checks.values()].slice(-KEPT),
      deployments: [...deployments.values()].filter(isWorthKeeping).slice(-KEPT),
      comment,
      commitStatus,
      refused,
    });
  return {
    save,
    /** Costs nothing where nothing is told for the first time. */
    begin: async () => firsts.size === 0 || save(start.refused ?? null),
    check: ({ report: { sha } }: PlannedCheck): ReportedCheck | null =>
      firsts.has(sha) ? null : (checks.get(sha) ?? null),
    deployment: ({ deploymentId: id }: DeploymentReport): ReportedDeployment | null =>
      firsts.has(id) ? null : (deployments.get(id) ?? null),
    comment: (): Told | null => (firsts.has('comment') ? null : comment),
    commitStatus: (): string | null => commitStatus,
    setCheck: ({ report: { sha, status }, attempt, deploymentId }: PlannedCheck, told: Told) => {
      const settled = status === CHECK.completed;
      checks.set(sha, { sha, ...told, settled, attempt, ...(deploymentId && { deploymentId }) });
    },
    setDeployment: ({ deploymentId, state }: DeploymentReport, told: Told) => {
      const settled = state === DEPLOYMENT_STATE.inactive;
      deployments.set(deploymentId, { deploymentId, ...told, settled });
    },
    setComment: (told: Told) => void (comment = told),
    setCommitStatus: (digest: string) => void (commitStatus = digest),
  };
}

function isWorthKeeping({ settled, digest }: ReportedDeployment): boolean {
  return !settled || digest !== '';
}

/** Asked to tell everything again: what was said before counts no more, only of what it was said. */
function startOf({ environment: { reported, tellAgain = 0 } }: Claim): Reported {
  if ((reported.toldAgain ?? 0) === tellAgain) return reported;
  return {
    checks: reported.checks.map((told) => ({ ...told, digest: '' })),
    deployments: reported.deployments.map((told) => (told.settled ? told : { ...told, digest: '' })),
    comment: reported.comment && { ...reported.comment, digest: '' },
    commitStatus: null,
    toldAgain: tellAgain,
  };
}
