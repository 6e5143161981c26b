import { GITHUB, type Row } from './github.js';
import { ENVIRONMENT_STATUS, type EnvironmentStatus } from './words.js';

/** What can happen to an environment. `abandon`: its build is given up and an earlier one is live; `withdraw`: and nothing is. */
export type EnvironmentEvent =
  | 'hold'
  | 'approve'
  | 'start'
  | 'succeed'
  | 'fail'
  | 'abandon'
  | 'withdraw'
  | 'sleep'
  | 'wake'
  | 'destroy'
  | 'gone'
  | 'reopen';

export const ENVIRONMENT: Readonly<Record<EnvironmentStatus, Row<EnvironmentStatus, EnvironmentEvent>>> = {
  pending: {
    on: {
      hold: ENVIRONMENT_STATUS.awaitingApproval,
      start: ENVIRONMENT_STATUS.provisioning,
      fail: ENVIRONMENT_STATUS.failed,
      destroy: ENVIRONMENT_STATUS.destroying,
    },
    text: { label: 'Waiting for the build', emoji: '🕓', tone: 'neutral' },
    settled: false,
    github: GITHUB.waiting,
    seeds: ['pending'],
  },
  awaiting_approval: {
    on: { approve: ENVIRONMENT_STATUS.pending, destroy: ENVIRONMENT_STATUS.destroying },
    text: { label: 'Awaiting approval', emoji: '✋', tone: 'neutral' },
    settled: true,
    github: GITHUB.held,
    seeds: [],
  },
  provisioning: {
    on: {
      start: ENVIRONMENT_STATUS.provisioning,
      succeed: ENVIRONMENT_STATUS.ready,
      fail: ENVIRONMENT_STATUS.failed,
      abandon: ENVIRONMENT_STATUS.pending,
      withdraw: ENVIRONMENT_STATUS.pending,
      destroy: ENVIRONMENT_STATUS.destroying,
    },
    text: { label: 'Building', emoji: '🔨', tone: 'progress' },
    settled: false,
    github: GITHUB.working,
    seeds: ['provisioning', 'building', 'deploying', 'starting'],
  },
  ready: {
    on: {
      start: ENVIRONMENT_STATUS.updating,
      succeed: ENVIRONMENT_STATUS.ready,
      fail: ENVIRONMENT_STATUS.failed,
      sleep: ENVIRONMENT_STATUS.sleeping,
      destroy: ENVIRONMENT_STATUS.destroying,
    },
    text: { label: 'Ready', emoji: '✅', tone: 'good' },
    settled: true,
    github: GITHUB.good,
    seeds: ['ready', 'active', 'running'],
  },
  updating: {
    on: {
      start: ENVIRONMENT_STATUS.updating,
      succeed: ENVIRONMENT_STATUS.ready,
      fail: ENVIRONMENT_STATUS.failed,
      abandon: ENVIRONMENT_STATUS.ready,
      withdraw: ENVIRONMENT_STATUS.pending,
      destroy: ENVIRONMENT_STATUS.destroying,
    },
    text: { label: 'Updating', emoji: '🔄', tone: 'progress' },
    settled: false,
    github: GITHUB.working,
    seeds: ['updating'],
  },
  sleeping: {
    on: {
      start: ENVIRONMENT_STATUS.updating,
      wake: ENVIRONMENT_STATUS.ready,
      fail: ENVIRONMENT_STATUS.failed,
      destroy: ENVIRONMENT_STATUS.destroying,
    },
    text: { label: 'Sleeping', emoji: '🌙', tone: 'muted' },
    settled: true,
    github: GITHUB.good,
    seeds: ['stopped'],
  },
  // A failed update keeps serving the last good deployment; only the head is red.
  failed: {
    on: {
      hold: ENVIRONMENT_STATUS.awaitingApproval,
      start: ENVIRONMENT_STATUS.updating,
      succeed: ENVIRONMENT_STATUS.ready,
      fail: ENVIRONMENT_STATUS.failed,
      destroy: ENVIRONMENT_STATUS.destroying,
    },
    text: { label: 'Failed', emoji: '❌', tone: 'bad' },
    settled: true,
    github: GITHUB.bad,
    seeds: ['failed'],
  },
  destroying: {
    on: { gone: ENVIRONMENT_STATUS.destroyed, reopen: ENVIRONMENT_STATUS.pending },
    text: { label: 'Cleaning up', emoji: '🧹', tone: 'muted' },
    settled: false,
    github: GITHUB.gone,
    seeds: ['destroying'],
  },
  destroyed: {
    on: { reopen: ENVIRONMENT_STATUS.pending },
    text: { label: 'Destroyed', emoji: '🗑️', tone: 'muted' },
    settled: true,
    github: GITHUB.gone,
    seeds: ['destroyed'],
  },
};

/** The status after an event, or undefined when the table forbids it: the caller reloads and decides again. */
export function nextEnvironment(
  status: EnvironmentStatus,
  event: EnvironmentEvent,
): EnvironmentStatus | undefined {
  return ENVIRONMENT[status].on[event];
}
