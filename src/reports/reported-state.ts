import type { Refused, Reported, ReportedCheck, ReportedDeployment } from '../environments/model.js';
import type { Claim, EnvironmentPorts } from '../environments/store.js';
import { CHECK, DEPLOYMENT_STATE } from '../shared/status/github.js';
import { isKnown, type PlannedCheck } from './desired-checks.js';
import type { Desired } from './desired.js';
import type { DeploymentReport, Told } from './reporter.js';

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
function startOf({ environment: { reported, reportEpoch = 0 } }: Claim): Reported {
  if ((reported.reportEpoch ?? 0) === reportEpoch) return reported;
  return {
    checks: reported.checks.map((told) => ({ ...told, digest: '' })),
    deployments: reported.deployments.map((told) => (told.settled ? told : { ...told, digest: '' })),
    comment: reported.comment && { ...reported.comment, digest: '' },
    commitStatus: null,
    reportEpoch,
  };
}

/** "An attempt was begun, its outcome is not known": the reporter looks before it creates. */
const BEGUN: Told = { id: null, digest: '' };

interface Beginning {
  readonly reported: Reported;
  /** What was never tried: there is nothing to look for. By what it is of: a commit, a deployment, the comment. */
  readonly firsts: ReadonlySet<string>;
}

/** What is about to be told for the first time, written down before it is: a crash in between must not make a second one. */
function beginReports(start: Reported, desired: Desired): Beginning {
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
