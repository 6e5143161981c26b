import type { SecretView, VariableView } from '../../../src/contract/configuration.js';
import type { ContainerView } from '../../../src/contract/environments.js';
import type { StepView } from '../../../src/contract/history.js';
import type { HealthCheck } from '../../../src/deployments/logs/store.js';
import type { StoredDeployment } from '../../../src/deployments/store.js';
import { type Environment, isActive, isUnwell } from '../../../src/environments/model.js';
import type { Stage } from '../../../src/shared/status/stages.js';
import { CONTAINER_STATUS, STAGE_STATUS, type StageStatus } from '../../../src/shared/status/words.js';
import {
  type Badge,
  type CommitModel,
  commitModel,
  deploymentBadge,
  type PersonModel,
  personModel,
} from './present.js';
import type { Favicon } from './shell.js';

export interface StageModel {
  readonly name: string;
  readonly tone: Favicon;
  readonly icon: string;
  readonly word: string;
  /** Null while it has not ended. */
  readonly seconds: number | null;
}

const STAGES: Readonly<Record<StageStatus, Pick<StageModel, 'tone' | 'icon' | 'word'>>> = {
  [STAGE_STATUS.pending]: { tone: 'neutral', icon: 'clock', word: 'not yet' },
  [STAGE_STATUS.inProgress]: { tone: 'progress', icon: 'play', word: 'under way' },
  [STAGE_STATUS.completed]: { tone: 'good', icon: 'check', word: 'done' },
  [STAGE_STATUS.failed]: { tone: 'bad', icon: 'x', word: STAGE_STATUS.failed },
  [STAGE_STATUS.cancelled]: { tone: 'muted', icon: 'x', word: STAGE_STATUS.cancelled },
  [STAGE_STATUS.skipped]: { tone: 'muted', icon: 'chevron-right', word: 'left out' },
};

export function stagesOf(deployment: Pick<StoredDeployment, 'stages'> | null): StageModel[] {
  return (deployment?.stages ?? []).map((stage) => ({
    name: stage.name,
    ...STAGES[stage.status],
    seconds: stage.status === STAGE_STATUS.skipped ? null : secondsOf(stage),
  }));
}

function secondsOf({ startedAt, completedAt }: Pick<Stage, 'startedAt' | 'completedAt'>): number | null {
  return startedAt && completedAt ? (completedAt.getTime() - startedAt.getTime()) / 1_000 : null;
}

export interface ChainModel {
  readonly at: string;
  readonly action: string;
  readonly detail: string;
  readonly actor: PersonModel | null;
  /** The webhook that led to it; empty where none did. */
  readonly delivery: string;
}

export function chainOf(steps: readonly StepView[]): ChainModel[] {
  return steps.map(({ at, action, detail, actor, deliveryId }) => ({
    ...{ at, action, detail },
    actor: personModel(actor),
    delivery: deliveryId === null ? '' : `/deliveries/${deliveryId}`,
  }));
}

export interface DeploymentModel {
  readonly href: string;
  readonly badge: Badge;
  readonly commit: CommitModel;
  readonly message: string;
  readonly author: PersonModel | null;
  readonly createdAt: string;
  readonly seconds: number | null;
  /** Keeps showing this commit; empty when nothing of it is left. */
  readonly commitUrl: string;
  readonly isLive: boolean;
  readonly isRedeploy: boolean;
}

export function deploymentsOf(
  deployments: readonly StoredDeployment[],
  environment: Environment,
): DeploymentModel[] {
  return deployments.map((one) => ({
    href: `/deployments/${one.id}`,
    badge: deploymentBadge(one.status),
    commit: commitModel(environment, one.sha),
    message: one.commitMessage?.split('\n')[0] ?? '',
    author: personModel(one.triggeredBy ?? one.author),
    createdAt: one.createdAt.toISOString(),
    seconds: secondsOf(one),
    commitUrl: isActive(environment) ? (one.commitUrl ?? '') : '',
    isLive: environment.current?.deploymentId === one.id && isActive(environment),
    isRedeploy: one.creator === 'manual',
  }));
}

export interface HealthModel {
  readonly word: string;
  readonly tone: Favicon;
  readonly detail: string;
  readonly since: string;
  /** Points of a line, in a box of 200 by 36; empty with too few checks. */
  readonly points: string;
  readonly slowest: number;
  readonly newest: number;
  /** For who cannot see the line. */
  readonly summary: string;
  readonly failures: number;
}

const WIDTH = 200;
const HEIGHT = 36;

/** Null where nothing is looked at. */
export function healthOf(
  { health }: Pick<Environment, 'health'>,
  checks: readonly HealthCheck[],
): HealthModel | null {
  if (!health) return null;
  const times = checks.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs])).reverse();
  const slowest = Math.max(1, ...times);
  const step = WIDTH / Math.max(1, times.length - 1);
  const points = times.map((ms, index) => {
    const y = HEIGHT - 2 - (ms / slowest) * (HEIGHT - 4);
    return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const unwell = isUnwell(health);
  const failures = checks.filter(({ live }) => !live).length;
  return {
    word: unwell ? 'Down' : health.state === 'live' ? 'Up' : 'Asleep',
    tone: unwell ? 'bad' : health.state === 'live' ? 'good' : 'muted',
    detail: health.detail ?? '',
    since: health.since.toISOString(),
    points: points.length > 1 ? points.join(' ') : '',
    slowest: Math.round(slowest),
    newest: Math.round(times.at(-1) ?? 0),
    summary: `${String(checks.length)} checks, ${String(failures)} without an answer; the slowest answer took ${String(Math.round(slowest))} ms.`,
    failures,
  };
}

export interface ContainerModel {
  readonly service: string;
  readonly image: string;
  readonly badge: Badge;
  readonly place: string;
  readonly startedAt: string;
}

const CONTAINERS: Readonly<Record<ContainerView['status'], Badge>> = {
  [CONTAINER_STATUS.starting]: { label: 'Starting', tone: 'progress' },
  [CONTAINER_STATUS.running]: { label: 'Running', tone: 'good' },
  [CONTAINER_STATUS.stopped]: { label: 'Stopped', tone: 'muted' },
};

export function containersOf(containers: readonly ContainerView[]): ContainerModel[] {
  return containers.map(({ service, image, status, host, port, startedAt }) => ({
    ...{ service, image, startedAt },
    badge: CONTAINERS[status],
    place: host === null ? '' : `${host}:${String(port)}`,
  }));
}

export interface VariableModel {
  readonly name: string;
  readonly isSecret: boolean;
  /** Where its value comes from, in words. */
  readonly origin: string;
}

export function variablesOf(
  variables: readonly VariableView[],
  secrets: readonly SecretView[],
): VariableModel[] {
  const all = [
    ...variables.map((one) => ({ ...one, isSecret: false })),
    ...secrets.map((one) => ({ ...one, isSecret: true })),
  ];
  return all
    .map(({ name, isSecret, layer }) => ({ name, isSecret, origin: ORIGINS[layer] }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const ORIGINS: Readonly<Record<VariableView['layer'], string>> = {
  'settings-file': '.github/preview.yml',
  org: 'the organization',
  project: 'the project',
  target: 'the target',
  class: 'the kind of preview',
  'pull-request': 'this pull request',
};
