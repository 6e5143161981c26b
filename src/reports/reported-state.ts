import type { Refused, Reported, ReportedCheck, ReportedDeployment } from '../environments/model.js';
import type { Claim, EnvironmentPorts, SavingReported } from '../environments/store.js';
import { CHECK, DEPLOYMENT_STATE } from '../shared/status/github.js';
import { isReported, keyOfPlanned, keyOfSent, type PlannedCheck } from './desired-checks.js';
import type { Desired } from './desired.js';
import type { DeploymentReport, SentReport } from './reporter.js';

type Ports = EnvironmentPorts;

/** How many checks and deployments are remembered: enough to find recent ones again, and the document does not grow. */
const KEPT = 20;

export type ReportedState = ReturnType<typeof createReportedState>;

/** What was sent to GitHub. `begin` and `save` answer false when the claim is lost. */
export function createReportedState(
  { environments }: Pick<Ports, 'environments'>,
  { claim, desired }: { readonly claim: Claim; readonly desired: Desired },
) {
  const { reported: start, firsts } = beginReports(startOf(claim), desired);
  const checks = new Map(start.checks.map((check) => [keyOfSent(check), check]));
  const deployments = new Map(start.deployments.map((sent) => [sent.deploymentId, sent]));
  let { comment, commitStatus } = start;
  const save = (refused: Refused | null, how: SavingReported = {}): Promise<boolean> => {
    const reported = {
      ...start,
      checks: [...checks.values()].slice(-KEPT),
      deployments: [...deployments.values()].filter(isWorthKeeping).slice(-KEPT),
      comment,
      commitStatus,
      refused,
    };
    return environments.saveReported(claim, reported, how);
  };
  return {
    save,
    /** Writes nothing unless a part is sent for the first time. */
    begin: async () => firsts.size === 0 || save(start.refused ?? null, { durable: true }),
    check(planned: PlannedCheck): ReportedCheck | null {
      const key = keyOfPlanned(planned);
      return firsts.has(key) ? null : (checks.get(key) ?? null);
    },
    deployment: ({ deploymentId: id }: DeploymentReport): ReportedDeployment | null =>
      firsts.has(id) ? null : (deployments.get(id) ?? null),
    comment: (): SentReport | null => (firsts.has('comment') ? null : comment),
    commitStatus: (): string | null => commitStatus,
    setCheck: (planned: PlannedCheck, sent: SentReport) => {
      const settled = planned.report.status === CHECK.completed;
      checks.set(keyOfPlanned(planned), { ...begun(planned), ...sent, settled });
    },
    setDeployment: ({ deploymentId, state }: DeploymentReport, sent: SentReport) => {
      const settled = state === DEPLOYMENT_STATE.inactive;
      deployments.set(deploymentId, { deploymentId, ...sent, settled });
    },
    setComment: (sent: SentReport) => void (comment = sent),
    setCommitStatus: (digest: string) => void (commitStatus = digest),
  };
}

function isWorthKeeping({ settled, digest }: ReportedDeployment): boolean {
  return !settled || digest !== '';
}

/** When a full report was requested, the ids stay and the digests are cleared, so that every part is sent again. */
function startOf({ environment: { reported, reportEpoch = 0 } }: Claim): Reported {
  if ((reported.reportEpoch ?? 0) === reportEpoch) return reported;
  return {
    checks: reported.checks.map((sent) => ({ ...sent, digest: '' })),
    deployments: reported.deployments.map((sent) => (sent.settled ? sent : { ...sent, digest: '' })),
    comment: reported.comment && { ...reported.comment, digest: '' },
    commitStatus: null,
    reportEpoch,
  };
}

/** An attempt with an unknown outcome: the reporter searches before it creates. */
const BEGUN: SentReport = { id: null, digest: '' };

interface Beginning {
  readonly reported: Reported;
  /** Keys of checks, deployment ids and `comment` that were never sent: the reporter creates them without a search. */
  readonly firsts: ReadonlySet<string>;
}

/** Records what is about to be sent for the first time, so that a crash after the request does not create a second one. */
function beginReports(start: Reported, desired: Desired): Beginning {
  const checks = desired.checks.filter((planned) => !isReported(start, planned));
  const fresh = desired.deployments.filter(
    ({ deploymentId }) => !start.deployments.some((sent) => sent.deploymentId === deploymentId),
  );
  const first = desired.comment !== null && start.comment === null;
  const keys = checks.map(keyOfPlanned);
  return {
    reported: {
      ...start,
      // New ones go to the end: `save` keeps the last entries.
      checks: [...start.checks.filter((sent) => !keys.includes(keyOfSent(sent))), ...checks.map(begun)],
      deployments: [
        ...start.deployments,
        ...fresh.map(({ deploymentId }) => ({ deploymentId, ...BEGUN, settled: false })),
      ],
      comment: first ? BEGUN : start.comment,
    },
    firsts: new Set([
      ...keys,
      ...fresh.map(({ deploymentId }) => deploymentId),
      ...(first ? ['comment'] : []),
    ]),
  };
}

function begun({ report: { sha }, attempt, deploymentId, ofAll }: PlannedCheck): ReportedCheck {
  const what = { sha, attempt, ...(deploymentId && { deploymentId }), ...(ofAll && { ofAll }) };
  return { ...what, ...BEGUN, settled: false };
}
