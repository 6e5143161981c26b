import { renderSVG } from 'uqr';
import { HEADLINES } from '../../../src/deployments/headlines.js';
import type { Situation, SituationKind } from '../../../src/deployments/situation.js';
import type { StoredDeployment } from '../../../src/deployments/store.js';
import { type Environment, isActive, isPinned } from '../../../src/environments/model.js';
import { noteLine } from '../../../src/environments/notes.js';
import type { Role } from '../../../src/people/policies.js';
import {
  type Badge,
  type CommitModel,
  commitModel,
  environmentBadge,
  ownerOf,
  type PersonModel,
  personModel,
  shownUrl,
} from './present.js';
import { mayWrite } from './role.js';

export interface HeadModel {
  readonly id: string;
  readonly title: string;
  readonly badge: Badge;
  readonly project: { readonly name: string; readonly href: string };
  readonly repository: string;
  readonly name: string;
  readonly pullRequest: { readonly number: number; readonly url: string } | null;
  readonly branch: string;
  readonly author: PersonModel | null;
  readonly commit: CommitModel | null;
  readonly commitMessage: string;
  /** Empty while nothing is live. */
  readonly url: string;
  readonly shownUrl: string;
  readonly qr: string;
  readonly addresses: readonly { readonly service: string; readonly url: string; readonly shown: string }[];
  /** Why it is what it is, in a sentence, and what to do about it. */
  readonly sentence: string;
  readonly reason: string;
  readonly trouble: string;
  readonly failure: FailureModel | null;
  readonly notes: readonly string[];
  readonly configurationChanged: boolean;
  readonly updatedAt: string;
  readonly createdAt: string;
  readonly deployedAt: string;
  readonly expiresAt: string;
  /** Who keeps it, and since when; null while it may expire. */
  readonly pinned: { readonly by: PersonModel | null; readonly at: string } | null;
  readonly isOlderLive: boolean;
}

function pinOf(environment: Environment): HeadModel['pinned'] {
  const { pinned } = environment;
  if (!pinned || !isActive(environment) || !isPinned(environment)) return null;
  return { by: personModel(pinned.by), at: pinned.at.toISOString() };
}

interface FailureModel {
  readonly stage: string;
  readonly error: string;
  readonly lines: string;
  readonly log: string;
}

interface Shown {
  readonly environment: Environment;
  readonly newest: StoredDeployment | null;
  readonly situation: Situation;
  readonly view: { readonly live: boolean; readonly configurationChanged?: boolean | undefined };
}

/** What a reader of the page wants to know besides the headline. */
const DETAILS: Readonly<Partial<Record<SituationKind, string>>> = {
  waiting: 'A workflow run of the newest commit has to begin.',
  'awaiting-approval': 'A person with write access has to approve the newest commit.',
  'building-while-live': 'Visitors see the commit before until the new one is ready.',
  live: 'The newest commit is live.',
  asleep: 'Nobody was there for a while; the next visit wakes its program.',
  'build-failed': 'Nothing is live.',
  'failed-while-live': 'Visitors see the commit before.',
  replaced: 'Another run of the newest commit took over.',
  'being-removed': 'Everything that belongs to it goes with it.',
};

function sentenceOf(kind: SituationKind): string {
  return [`${HEADLINES[kind]}.`, DETAILS[kind]].filter((one) => one !== undefined).join(' ');
}

export function headOf({ environment, newest, situation, view }: Shown): HeadModel {
  const { id, slug, pullRequest, head, projectId, project, repository } = environment;
  const url = view.live && environment.current ? environment.current.url : '';
  const iso = (date: Date | null | undefined) => date?.toISOString() ?? '';
  return {
    ...{ id, repository },
    title: pullRequest?.title ?? environment.name,
    badge: environmentBadge(environment.status),
    project: { name: project, href: `/projects/${projectId}` },
    name: slug,
    pullRequest: pullRequest && { number: pullRequest.number, url: pullRequest.url },
    branch: pullRequest?.head.ref ?? '',
    author: personModel(ownerOf(environment)),
    commit: head && commitModel(environment, head.sha),
    commitMessage: newest?.commitMessage?.split('\n')[0] ?? '',
    url,
    shownUrl: shownUrl(url),
    qr: url === '' ? '' : renderSVG(url, { border: 2 }),
    addresses: situation.addresses.map((one) => ({ ...one, shown: shownUrl(one.url) })),
    sentence: sentenceOf(situation.kind),
    reason:
      situation.reason?.detail ??
      (environment.decision?.action === 'deploy' ? '' : (environment.decision?.detail ?? '')),
    trouble: situation.health?.detail ?? (situation.failure ? '' : (situation.error ?? '')),
    failure: failureOf(situation, newest),
    notes: situation.notes.map(noteLine),
    configurationChanged: view.configurationChanged ?? false,
    updatedAt: iso(situation.changedAt),
    createdAt: iso(environment.createdAt),
    deployedAt: iso(environment.current?.at),
    expiresAt: isActive(environment) && !isPinned(environment) ? iso(environment.expiresAt) : '',
    pinned: pinOf(environment),
    isOlderLive: situation.lastGood !== null,
  };
}

/** So many lines tell enough here; the page of the deployment has all. */
const LINES = 12;

function failureOf({ failure }: Situation, newest: StoredDeployment | null): FailureModel | null {
  if (!failure || !newest) return null;
  const { stage, error, cause, log } = failure;
  const lines = cause ? cause.excerpt : log.slice(-LINES);
  return {
    stage: stage ?? '',
    error: cause?.line ?? error ?? '',
    lines: lines.join('\n'),
    log: `/deployments/${newest.id}`,
  };
}

/** Which buttons the person has, each with what it will do. */
export interface ActionsModel {
  readonly redeploy: boolean;
  /** A workflow run builds the newest commit. */
  readonly cancel: boolean;
  readonly wake: boolean;
  /** The commit that would be approved. */
  readonly approve: string;
  readonly extend: boolean;
  readonly pin: boolean;
  readonly unpin: boolean;
  readonly destroy: boolean;
  /** A workflow run has to remove it first, and may never come. */
  readonly force: boolean;
  /** Why there are none. */
  readonly onlyReads: boolean;
}

const BUILDING: readonly SituationKind[] = ['building', 'building-while-live'];

export function actionsOf({
  environment,
  situation,
  role,
}: {
  readonly environment: Environment;
  readonly situation: Situation;
  readonly role: Role | null;
}): ActionsModel {
  const writes = mayWrite(role);
  const active = isActive(environment);
  const { head, current, pullRequest } = environment;
  const held = situation.kind === 'awaiting-approval';
  return {
    cancel: writes && active && BUILDING.includes(situation.kind),
    redeploy: writes && active && head !== null && environment.decision?.action === 'deploy',
    wake:
      writes &&
      (situation.kind === 'asleep' || (situation.health !== null && current?.reach.kind === 'upstream')),
    approve: writes && held && pullRequest ? pullRequest.head.sha : '',
    extend: writes && active && environment.expiresAt !== null && !isPinned(environment),
    pin: writes && active && pullRequest?.state !== 'closed' && !isPinned(environment),
    unpin: writes && active && isPinned(environment),
    destroy: writes && active,
    force: writes && environment.resources.some(({ cleanup }) => cleanup !== undefined),
    onlyReads: !writes,
  };
}
