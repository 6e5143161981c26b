import type { Deployment } from '../deployments/model.js';
import { type Situation, type SituationKind, situationOf } from '../deployments/situation.js';
import { type Environment, isActive, type Reported, type ReportedCheck } from '../environments/model.js';
import { projectsOf } from '../settings/settings.js';
import { formatExternalId } from '../shared/run-ref.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import { ENVIRONMENT } from '../shared/status/environment.js';
import { CHECK, GITHUB, type GitHubWords } from '../shared/status/github.js';
import type { CheckReport } from './reporter.js';

/** A check, and which check run of ours for its commit it is. */
export interface PlannedCheck {
  readonly report: CheckReport;
  readonly attempt: number;
  readonly deploymentId: string | undefined;
}

/** The very check run, not another one of its commit. */
export function isKnown({ checks }: Pick<Reported, 'checks'>, { report, attempt }: PlannedCheck): boolean {
  return checks.some((told) => told.sha === report.sha && (told.attempt ?? 1) === attempt);
}

interface Scene {
  readonly environment: Environment;
  readonly siblings: readonly Environment[];
  readonly deployment: Deployment | null;
}

/** The check of the newest commit, and those of earlier ones that were left open. */
export function desiredChecks(scene: Scene): PlannedCheck[] {
  const newest = checkOfHead(scene);
  return [...(newest ? [newest] : []), ...overtaken(scene)];
}

function checkOfHead({ environment, siblings, deployment }: Scene): PlannedCheck | null {
  const { head } = environment;
  if (!head) return null;
  const told = environment.reported.checks.find(({ sha }) => sha === head.sha);
  // What was skipped has nothing to take back; what waited for approval asks for it no more.
  const asked = told !== undefined && environment.decision?.action === 'destroy';
  if (!isActive(environment) && !deployment && !asked) return null;
  // The run tells by a check run of its own, under the same name: one of ours beside it would only puzzle. One that is there must not lie.
  if (!told && head.selfReported === head.deploymentId) return null;
  const situation = situationOf({ environment, deployment, sha: head.sha });
  const words = GITHUB_WORDS[situation.kind];
  const { sha, deploymentId } = head;
  const awaited = isActive(environment) && environment.decision?.action === 'deploy';
  const attempt = attemptOf(told, { works: words.check !== CHECK.completed, awaited, deploymentId });
  const report: CheckReport = {
    name: checkName(environment, siblings),
    sha,
    externalId: externalId(environment, { sha, attempt }),
    status: words.check,
    conclusion: words.conclusion,
    title: titleOf(situation),
    detailsUrl: environment.current?.url ?? deployment?.logsUrl ?? environment.url,
    situation,
  };
  return { report, attempt, deploymentId };
}

/** A check run that has ended stays as it ended: what works again, or is another deployment, gets one of its own. */
function attemptOf(
  told: ReportedCheck | undefined,
  next: { readonly works: boolean; readonly awaited: boolean; readonly deploymentId: string },
): number {
  const { attempt = 1, settled = false, deploymentId = next.deploymentId } = told ?? {};
  const another = next.awaited && deploymentId !== next.deploymentId;
  return settled && (next.works || another) ? attempt + 1 : attempt;
}

/** The first is named by its commit alone; an attempt without a run is one of ours. */
function externalId(
  { name, project }: Environment,
  { sha, attempt }: { readonly sha: string; readonly attempt: number },
): string {
  const run = attempt > 1 ? { id: '', attempt, job: '' } : null;
  return formatExternalId({ environment: name, project, sha, run });
}

/** Checks of earlier commits that were left open when a newer one arrived: closed once, then never touched. */
function overtaken({ environment, siblings }: Scene): PlannedCheck[] {
  const open = environment.reported.checks.filter(
    (check) => !check.settled && check.sha !== environment.head?.sha,
  );
  return open.map(({ sha, attempt = 1, deploymentId }) => {
    const situation = situationOf({ environment, deployment: null, sha });
    const report: CheckReport = {
      name: checkName(environment, siblings),
      sha,
      externalId: externalId(environment, { sha, attempt }),
      status: CHECK.completed,
      conclusion: GITHUB_WORDS['newer-commit'].conclusion,
      title: TITLES['newer-commit'],
      detailsUrl: environment.url,
      situation,
    };
    return { report, attempt, deploymentId };
  });
}

/**
 * Whether what GitHub is told must name the project. The settings say so, not the environments: those of a pull request are made one
 * after the other, and a check keeps the name it was born with.
 */
function isOneOfSeveral(environment: Environment, siblings: readonly Environment[]): boolean {
  const { settings, repository, project } = environment;
  const names = settings ? projectsOf(settings, repository).map(({ name }) => name) : [];
  // Siblings that the settings do not name (any more) are told apart too.
  return names.length > 1 || (siblings.length > 1 && !names.includes(project));
}

function checkName(environment: Environment, siblings: readonly Environment[]): string {
  return isOneOfSeveral(environment, siblings) ? `Preview / ${environment.project}` : 'Preview';
}

/** GitHub keeps the newest commit status of each context. */
export function statusContext(environment: Environment, siblings: readonly Environment[]): string {
  return isOneOfSeveral(environment, siblings) ? `preview/${environment.project}` : 'preview';
}

/** What GitHub is told of each kind: the check, the commit status. */
export const GITHUB_WORDS: Readonly<Record<SituationKind, GitHubWords>> = {
  waiting: GITHUB.waiting,
  'awaiting-approval': GITHUB.held,
  'skipped-by-rule': GITHUB.gone,
  building: GITHUB.working,
  'building-while-live': GITHUB.working,
  live: GITHUB.good,
  asleep: GITHUB.good,
  'build-failed': GITHUB.bad,
  'failed-while-live': GITHUB.bad,
  'build-cancelled': GITHUB.overtaken,
  replaced: GITHUB.overtaken,
  'newer-commit': GITHUB.overtaken,
  'build-removed': GITHUB.gone,
  'being-removed': GITHUB.gone,
  removed: GITHUB.gone,
  'never-live': GITHUB.gone,
};

/** A decision is its own title; the others have these. */
const TITLES: Readonly<Record<SituationKind, string>> = {
  waiting: DEPLOYMENT.queued.text.label,
  'awaiting-approval': ENVIRONMENT.awaiting_approval.text.label,
  'skipped-by-rule': 'No preview',
  building: DEPLOYMENT.running.text.label,
  'building-while-live': DEPLOYMENT.running.text.label,
  live: DEPLOYMENT.success.text.label,
  asleep: DEPLOYMENT.success.text.label,
  'build-failed': DEPLOYMENT.failed.text.label,
  'failed-while-live': DEPLOYMENT.failed.text.label,
  'build-cancelled': DEPLOYMENT.cancelled.text.label,
  replaced: DEPLOYMENT.superseded.text.label,
  'newer-commit': 'A newer commit arrived',
  'build-removed': ENVIRONMENT.destroyed.text.label,
  'being-removed': ENVIRONMENT.destroying.text.label,
  removed: ENVIRONMENT.destroyed.text.label,
  'never-live': 'There was no preview',
};

/** The situation as a title of the check and as the description of the commit status. */
export function titleOf({ kind, reason }: Situation): string {
  const decided = kind === 'awaiting-approval' || kind === 'skipped-by-rule';
  return (decided ? reason?.detail : undefined) ?? TITLES[kind];
}
