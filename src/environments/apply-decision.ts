import type { Decision } from '../pull-requests/decide/decision.js';
import type { PullRequestFacts } from '../pull-requests/facts.js';
import type { SettingsText } from '../settings/read.js';
import type { AccessMode } from '../shared/preview-access.js';
import type { Settings } from '../settings/settings.js';
import { type EnvironmentEvent, nextEnvironment } from '../shared/status/environment.js';
import { ENVIRONMENT_STATUS } from '../shared/status/words.js';
import type { Change } from './change.js';
import { renewedExpiry } from './expire.js';
import {
  abandoned,
  type Creator,
  type Head,
  isActive,
  isAdmitted,
  type Pusher,
  type Environment,
  type Projection,
} from './model.js';
import { keepUploadNotes, type Note, withoutUploadNotes } from './notes.js';
import type { EnvironmentPatch } from './store.js';

interface Seen {
  readonly facts: PullRequestFacts;
  readonly decision: Decision;
  readonly settings: Settings | null;
  readonly notes: readonly Note[];
  readonly approvedSha: string | null;
  readonly pusher: Pusher;
  /** The settings file of the commit, as far as it is known. */
  readonly headFile?: SettingsText | null | undefined;
  /** The access that it asks for. */
  readonly headAccess?: AccessMode | null | undefined;
  readonly repository: string;
  readonly installationId: number | null;
  /** Who or what asks for the deployment of a new head; a webhook unless it is said. */
  readonly creator?: Creator | undefined;
  /** Who has just approved the newest commit. */
  readonly approver?: string | undefined;
  readonly now: Date;
  readonly newId: () => string;
}

/** What a decision does to the document. Pure: the caller writes it by compare-and-set. */
export function applyDecision(environment: Environment, seen: Seen): Change {
  const known: EnvironmentPatch = {
    pullRequest: seen.facts,
    repository: seen.repository,
    installationId: seen.installationId,
    notes: keepUploadNotes(environment.notes, seen.notes),
    approvedSha: seen.approvedSha,
    ...(seen.settings ? { settings: seen.settings } : {}),
    ...headPatch(environment, seen),
  };
  switch (seen.decision.action) {
    case 'destroy':
      return destroy({ environment, seen, known });
    case 'deploy':
    case 'hold':
    case 'skip':
      return moveHead({ environment, seen, known });
    default:
      return isOver(environment, seen)
        ? markDestroyed({ environment, seen, known })
        : { patch: known, due: isActive(environment) ? ['report'] : [] };
  }
}

/** The webhook that names the pusher may arrive after another that names the commit, and a run reads the settings file of the commit. */
function headPatch({ head: known }: Environment, seen: Seen): EnvironmentPatch {
  const { facts, pusher, headFile, headAccess } = seen;
  if (known?.sha !== facts.head.sha) return {};
  const news = {
    ...triggeredBy(seen),
    ...(known.by?.login === pusher.login ? {} : { by: pusher }),
    ...(headFile === undefined || known.settingsFile !== undefined ? {} : { settingsFile: headFile }),
    ...(headAccess === undefined || (known.access ?? null) === headAccess ? {} : { access: headAccess }),
  };
  return Object.keys(news).length > 0 ? { head: { ...known, ...news } } : {};
}

/** A commit that waited is deployed because a person approved it. */
function triggeredBy({ approver, decision }: Seen): Pick<Head, 'creator' | 'triggeredBy'> {
  if (approver === undefined || decision.rule !== 'approved') return {};
  return { creator: 'manual', triggeredBy: approver };
}

interface Step {
  readonly environment: Environment;
  readonly seen: Seen;
  readonly known: EnvironmentPatch;
}

/** The pull request is closed, so nothing is left to wait for. */
function isOver(environment: Environment, { facts, decision }: Seen): boolean {
  return facts.state === 'closed' && decision.action === 'ignore' && isActive(environment);
}

function markDestroyed({ environment, seen, known }: Step): Change {
  const gone = teardownPatch(environment);
  if (environment.resources.length > 0) return { patch: { ...known, ...gone }, due: ['report', 'teardown'] };
  const status = gone.status && nextEnvironment(gone.status, 'gone');
  return {
    patch: { ...known, ...gone, ...(status ? { status } : {}), destroyedAt: seen.now },
    due: environment.head ? ['report'] : [],
  };
}

function destroy({ environment, seen, known }: Step): Change {
  const patch = { ...known, decision: seen.decision };
  return { patch: { ...patch, ...teardownPatch(environment) }, due: ['report', 'teardown'] };
}

/** Marks everything an environment holds for removal. A second call finds nothing to change. */
export function teardownPatch(environment: Environment): EnvironmentPatch {
  const status = nextEnvironment(environment.status, 'destroy');
  if (!status) return {};
  return {
    status,
    generation: environment.generation + 1,
    resources: environment.resources.map((resource) => ({ ...resource, doomed: true })),
    ...(environment.pinned && { pinned: null }),
  };
}

const EVENTS: Readonly<Record<string, EnvironmentEvent>> = { deploy: 'approve', hold: 'hold' };

function moveHead({ environment, seen, known }: Step): Change {
  const reopened = !isActive(environment);
  const moved = reopened || environment.head?.sha !== seen.facts.head.sha;
  // A run was about to build a commit that was accepted, and what was read then refuses it.
  const withdrawn = !moved && isAdmitted(environment) && seen.decision.action !== 'deploy';
  const before = moved || withdrawn ? (abandoned(environment) ?? environment.status) : environment.status;
  const status = reopened ? ENVIRONMENT_STATUS.pending : before;
  const event = EVENTS[seen.decision.action];
  const next = (event && nextEnvironment(status, event)) ?? status;
  const due: Projection[] = reopened ? ['report', 'teardown'] : ['report'];
  return {
    patch: {
      ...known,
      status: next,
      decision: seen.decision,
      // Notes on the upload of another commit do not apply to this one.
      ...(moved ? { ...newHead(environment, seen), notes: withoutUploadNotes(seen.notes) } : {}),
      ...(withdrawn ? { generation: environment.generation + 1 } : {}),
      ...(seen.decision.action === 'deploy' && !isAdmitted(environment) ? { admittedAt: seen.now } : {}),
      ...(seen.decision.action === 'deploy' ? { expiresAt: renewed(environment, seen) } : {}),
      ...(reopened
        ? { current: null, error: null, hookFailure: null, destroyedAt: null, expiresAt: null }
        : {}),
    },
    due,
  };
}

function renewed({ expiresAt, settings }: Environment, seen: Seen): Date | null {
  return renewedExpiry({ expiresAt, settings: seen.settings ?? settings }, seen.now);
}

function newHead(environment: Environment, seen: Seen): EnvironmentPatch {
  const { sha } = seen.facts.head;
  const access = seen.headAccess === undefined ? environment.head?.access : seen.headAccess;
  // Reopened at the same commit: a deployment that no run has claimed is used again.
  const same = environment.head?.sha === sha;
  return {
    generation: environment.generation + 1,
    head: {
      sha,
      deploymentId: same ? environment.head.deploymentId : seen.newId(),
      at: seen.now,
      by: seen.pusher,
      ...(seen.creator === undefined || seen.creator === 'webhook' ? {} : { creator: seen.creator }),
      ...triggeredBy(seen),
      ...(seen.headFile === undefined ? {} : { settingsFile: seen.headFile }),
      ...(access ? { access } : {}),
    },
    // An approval covers one commit only.
    ...(seen.approvedSha === sha ? {} : { approvedSha: null }),
  };
}
