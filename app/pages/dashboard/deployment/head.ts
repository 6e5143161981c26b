import type { StoredDeployment } from '../../../../src/deployments/store.js';
import { secondsOf } from '../../../../src/deployments/timings.js';
import { type Environment, isActive } from '../../../../src/environments/model.js';
import { STAGE_STATUS } from '../../../../src/shared/status/words.js';
import { DEPLOYMENT_PAGES } from '../../../../src/contract/dashboard/deployments.js';
import { PREVIEWS } from '../../../../src/contract/dashboard/previews.js';
import {
  type Badge,
  type CommitModel,
  commitModel,
  deploymentBadge,
  type PersonModel,
  personModel,
} from '../present.js';

export interface HeadModel {
  /** Of the environment: its forms are sent there. */
  readonly id: string;
  readonly title: string;
  /** Of the preview; empty while nothing is live. */
  readonly url: string;
  readonly badge: Badge;
  readonly isLive: boolean;
  readonly preview: { readonly name: string; readonly href: string };
  readonly project: { readonly name: string; readonly href: string };
  /** Of the commit message, after its first line. */
  readonly details: string;
  readonly commit: CommitModel;
  /** What changed since the deployment before; null when nothing did, or when GitHub shows no such page. */
  readonly difference: { readonly url: string; readonly since: string } | null;
  readonly branch: string;
  readonly author: PersonModel | null;
  readonly trigger: string;
  readonly by: PersonModel | null;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly completedAt: string;
  readonly seconds: number | null;
  readonly target: string;
  readonly commitUrl: string;
  readonly run: { readonly url: string; readonly attempt: number } | null;
  /** Why it was not successful. */
  readonly error: string;
}

interface Shown {
  readonly deployment: StoredDeployment;
  readonly environment: Environment;
  /** The deployments before this one, newest first. */
  readonly earlier: readonly StoredDeployment[];
}

export function headOf({ deployment, environment, earlier }: Shown): HeadModel {
  const { id, projectId, project, current, pullRequest } = environment;
  const [title = '', ...rest] = (deployment.commitMessage ?? '').trim().split('\n');
  const iso = (date: Date | null) => date?.toISOString() ?? '';
  return {
    id,
    url: isActive(environment) ? (current?.url ?? '') : '',
    title: title || `Commit ${deployment.sha.slice(0, 7)}`,
    details: rest.join('\n').trim(),
    badge: deploymentBadge(deployment.status),
    isLive: isActive(environment) && current?.deploymentId === deployment.id,
    preview: { name: pullRequest?.title ?? environment.name, href: `${PREVIEWS}/${id}` },
    project: { name: project, href: `/projects/${projectId}` },
    commit: commitModel(environment, deployment.sha),
    difference: differenceOf({ deployment, environment, earlier }),
    branch: deployment.branch,
    author: personModel(deployment.author),
    trigger: TRIGGERS[deployment.creator],
    by: personModel(deployment.triggeredBy),
    createdAt: iso(deployment.createdAt),
    startedAt: iso(deployment.startedAt),
    completedAt: iso(deployment.completedAt),
    seconds: secondsOf(deployment),
    target: deployment.target ?? '',
    commitUrl: isActive(environment) ? (deployment.commitUrl ?? '') : '',
    run: deployment.logsUrl ? { url: deployment.logsUrl, attempt: deployment.run?.attempt ?? 1 } : null,
    error: deployment.cause ? '' : (deployment.error ?? ''),
  };
}

const TRIGGERS: Readonly<Record<StoredDeployment['creator'], string>> = {
  webhook: 'a push',
  manual: 'a redeploy',
  scheduled: 'the server',
};

function differenceOf({ deployment, environment, earlier }: Shown): HeadModel['difference'] {
  const before = earlier.find(({ sha }) => sha !== deployment.sha);
  const page = repositoryPage(deployment, environment);
  if (!before || page === null) return null;
  return { url: `${page}/compare/${before.sha}...${deployment.sha}`, since: before.sha };
}

/** GitHub says where its pages are in the addresses of the pull request and of the run. */
function repositoryPage(
  { logsUrl }: Pick<StoredDeployment, 'logsUrl'>,
  { pullRequest, repository }: Pick<Environment, 'pullRequest' | 'repository'>,
): string | null {
  const known = pullRequest?.url ?? logsUrl ?? '';
  const end = known.indexOf(`/${repository}/`);
  return /^https?:\/\//.test(known) && end > 0 ? known.slice(0, end + repository.length + 1) : null;
}

export interface FailureModel {
  readonly stage: string;
  readonly error: string;
  readonly lines: readonly { readonly text: string; readonly isCause: boolean }[];
  /** Leads to the line in the log; empty when it is not known which one it is. */
  readonly href: string;
}

/** Null unless it failed with something to show. */
export function failureOf({ id, stages, error, cause, logTail }: StoredDeployment): FailureModel | null {
  const stage = stages.find(({ status }) => status === STAGE_STATUS.failed)?.name ?? '';
  if (cause) {
    const lines = cause.excerpt.map((text, index) => ({ text, isCause: index === cause.at }));
    return { stage, error: cause.line, lines, href: `${DEPLOYMENT_PAGES}/${id}/cause` };
  }
  if (stage === '') return null;
  return { stage, error: error ?? '', lines: logTail.map((text) => ({ text, isCause: false })), href: '' };
}
