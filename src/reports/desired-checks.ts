import type { Deployment } from '../deployments/model.js';
import { type Situation, type SituationKind, situationOf } from '../deployments/situation.js';
import { type Environment, isActive, type Reported, type ReportedCheck } from '../environments/model.js';
import { projectsOf } from '../settings/settings.js';
import { formatExternalId } from '../shared/run-ref.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import { ENVIRONMENT } from '../shared/status/environment.js';
import { CHECK, GITHUB, type GitHubWords } from '../shared/status/github.js';
import type { CheckReport } from './reporter.js';

/** A check, and the number of our check run for its commit, from 1. */
export interface PlannedCheck {
  readonly report: CheckReport;
  readonly attempt: number;
  readonly deploymentId: string | undefined;
  /** It speaks for all projects of the pull request. */
  readonly ofAll?: true;
}

/** This check run was sent before, not only another one of its commit. */
export function isReported({ checks }: Pick<Reported, 'checks'>, planned: PlannedCheck): boolean {
  const { attempt } = planned;
  return checks.some((sent) => keyOfSent(sent) === keyOfPlanned(planned) && (sent.attempt ?? 1) === attempt);
}

/** A commit has one check for each project, and one for all of them. */
export function keyOfSent({ sha, ofAll }: Pick<ReportedCheck, 'sha' | 'ofAll'>): string {
  return ofAll === true ? `${sha} of all` : sha;
}

export function keyOfPlanned({ report: { sha }, ofAll }: PlannedCheck): string {
  return keyOfSent({ sha, ...(ofAll && { ofAll }) });
}

interface ChecksInput {
  readonly environment: Environment;
  readonly siblings: readonly Environment[];
  readonly deployment: Deployment | null;
}

/** The check of the newest commit, and those of earlier ones that were left open. */
export function desiredChecks(input: ChecksInput): PlannedCheck[] {
  const newest = checkOfHead(input);
  return [...(newest ? [newest] : []), ...checksOfOlderCommits(input)];
}

function checkOfHead({ environment, siblings, deployment }: ChecksInput): PlannedCheck | null {
  const { head } = environment;
  if (!head) return null;
  const sent = environment.reported.checks.find((check) => keyOfSent(check) === head.sha);
  // The check of a commit that waited for approval must not ask for it any more. That of a skipped commit can stay.
  const mustClose = sent !== undefined && environment.decision?.action === 'destroy';
  if (!isActive(environment) && !deployment && !mustClose) return null;
  // The run has a check run of its own under the same name, so none is created beside it. One that exists is kept up to date.
  if (!sent && head.selfReported === head.deploymentId) return null;
  const situation = situationOf({ environment, deployment, sha: head.sha });
  const words = GITHUB_WORDS[situation.kind];
  const { sha, deploymentId } = head;
  const awaited = isActive(environment) && environment.decision?.action === 'deploy';
  const attempt = attemptOf(sent, { unfinished: words.check !== CHECK.completed, awaited, deploymentId });
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

/** GitHub does not reopen a completed check run: a new build, or another deployment of the commit, gets a new one. */
export function attemptOf(
  sent: ReportedCheck | undefined,
  next: { readonly unfinished: boolean; readonly awaited: boolean; readonly deploymentId: string },
): number {
  const { attempt = 1, settled = false, deploymentId = next.deploymentId } = sent ?? {};
  const another = next.awaited && deploymentId !== next.deploymentId;
  return settled && (next.unfinished || another) ? attempt + 1 : attempt;
}

/** Only attempts after the first are part of the id. The run is empty, which tells our check runs from those of the Action. */
export function externalId(
  { name, project }: Pick<Environment, 'name' | 'project'>,
  { sha, attempt }: { readonly sha: string; readonly attempt: number },
): string {
  const run = attempt > 1 ? { id: '', attempt, job: '' } : null;
  return formatExternalId({ environment: name, project, sha, run });
}

/** Completes the checks of earlier commits that were still open when a newer one arrived. */
function checksOfOlderCommits({ environment, siblings }: ChecksInput): PlannedCheck[] {
  const open = environment.reported.checks.filter(
    (check) => !check.settled && check.sha !== environment.head?.sha,
  );
  return open.map(({ sha, attempt = 1, deploymentId, ofAll }) => {
    const situation = situationOf({ environment, deployment: null, sha });
    const report: CheckReport = {
      name: ofAll ? CHECK_OF_ALL : checkName(environment, siblings),
      sha,
      externalId: externalId(ofAll ? { ...environment, project: '' } : environment, { sha, attempt }),
      status: CHECK.completed,
      conclusion: GITHUB_WORDS['newer-commit'].conclusion,
      title: TITLES['newer-commit'],
      detailsUrl: environment.url,
      situation,
    };
    return { report, attempt, deploymentId, ...(ofAll && { ofAll }) };
  });
}

/**
 * Whether a report must name the project. The settings decide and not the environments: those are created one after the other, and a
 * check keeps its first name.
 */
export function isOneOfSeveral(environment: Environment, siblings: readonly Environment[]): boolean {
  const { settings, repository, project } = environment;
  const names = settings ? projectsOf(settings, repository).map(({ name }) => name) : [];
  // The settings may not name every sibling any more.
  return names.length > 1 || (siblings.length > 1 && !names.includes(project));
}

/** Of the only project, or of all of them: a branch rule that requires it holds however many there are. */
export const CHECK_OF_ALL = 'Preview';

function checkName(environment: Environment, siblings: readonly Environment[]): string {
  return isOneOfSeveral(environment, siblings) ? `Preview / ${environment.project}` : CHECK_OF_ALL;
}

/** GitHub shows the newest commit status of each context. */
export function statusContext(environment: Environment, siblings: readonly Environment[]): string {
  return isOneOfSeveral(environment, siblings) ? `preview/${environment.project}` : 'preview';
}

/** How GitHub's check and commit status show each kind. */
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

/** Used where no decision gives the title. */
export const TITLES: Readonly<Record<SituationKind, string>> = {
  waiting: DEPLOYMENT.queued.text.label,
  'awaiting-approval': ENVIRONMENT.awaiting_approval.text.label,
  'skipped-by-rule': 'No preview',
  building: DEPLOYMENT.running.text.label,
  'building-while-live': DEPLOYMENT.running.text.label,
  live: DEPLOYMENT.success.text.label,
  asleep: ENVIRONMENT.sleeping.text.label,
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

/** The description of the commit status. */
export function descriptionOf(situation: Situation): string {
  const { failure } = situation;
  const title = titleOf(situation);
  return failure?.cause ? `${title}: ${failure.cause.line}` : title;
}

/** The title of the check. */
export function titleOf({ kind, reason }: Situation): string {
  const decided = kind === 'awaiting-approval' || kind === 'skipped-by-rule';
  return (decided ? reason?.detail : undefined) ?? TITLES[kind];
}
