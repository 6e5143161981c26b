import { GITHUB, type Row } from './github.js';
import { DEPLOYMENT_STATUS, type DeploymentStatus } from './words.js';

/** What can happen to a deployment. `revive`: reopened at a commit that no run had taken on. */
export type DeploymentEvent = 'start' | 'succeed' | 'fail' | 'cancel' | 'supersede' | 'revive';

export const DEPLOYMENT: Readonly<Record<DeploymentStatus, Row<DeploymentStatus, DeploymentEvent>>> = {
  queued: {
    on: {
      start: DEPLOYMENT_STATUS.running,
      fail: DEPLOYMENT_STATUS.failed,
      cancel: DEPLOYMENT_STATUS.cancelled,
      supersede: DEPLOYMENT_STATUS.superseded,
      revive: DEPLOYMENT_STATUS.queued,
    },
    text: { label: 'Queued', emoji: '🕓', tone: 'neutral' },
    settled: false,
    github: GITHUB.waiting,
    seeds: ['queued', 'pending'],
  },
  running: {
    on: {
      succeed: DEPLOYMENT_STATUS.success,
      fail: DEPLOYMENT_STATUS.failed,
      cancel: DEPLOYMENT_STATUS.cancelled,
      supersede: DEPLOYMENT_STATUS.superseded,
    },
    text: { label: 'Building', emoji: '🔨', tone: 'progress' },
    settled: false,
    github: GITHUB.working,
    seeds: ['in_progress', 'building', 'deploying', 'cloning', 'checkout', 'installing', 'copying'],
  },
  success: {
    on: {},
    text: { label: 'Ready', emoji: '✅', tone: 'good' },
    settled: true,
    github: GITHUB.good,
    seeds: ['success', 'ready', 'active'],
  },
  failed: {
    on: { revive: DEPLOYMENT_STATUS.queued },
    text: { label: 'Failed', emoji: '❌', tone: 'bad' },
    settled: true,
    github: GITHUB.bad,
    seeds: ['failed'],
  },
  cancelled: {
    on: { revive: DEPLOYMENT_STATUS.queued },
    text: { label: 'Cancelled', emoji: '⏹️', tone: 'muted' },
    settled: true,
    github: GITHUB.overtaken,
    seeds: ['cancelled'],
  },
  superseded: {
    on: { revive: DEPLOYMENT_STATUS.queued },
    text: { label: 'Superseded', emoji: '⏭️', tone: 'muted' },
    settled: true,
    github: GITHUB.overtaken,
    seeds: ['destroyed'],
  },
};

export function nextDeployment(
  status: DeploymentStatus,
  event: DeploymentEvent,
): DeploymentStatus | undefined {
  return DEPLOYMENT[status].on[event];
}

/** Statuses in which nothing happens by itself any more; lists of the live ones are derived, never spelled again. */
export const UNSETTLED_DEPLOYMENTS = Object.values(DEPLOYMENT_STATUS).filter(
  (status) => !DEPLOYMENT[status].settled,
);
