import { GITHUB, type Row } from './github.js';
import { E, type EnvironmentStatus } from './words.js';

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
    on: { hold: E.awaitingApproval, start: E.provisioning, fail: E.failed, destroy: E.destroying },
    text: { label: 'Waiting for the build', emoji: '🕓', tone: 'neutral' },
    settled: false,
    github: GITHUB.waiting,
    seeds: ['pending'],
  },
  awaiting_approval: {
    on: { approve: E.pending, destroy: E.destroying },
    text: { label: 'Awaiting approval', emoji: '✋', tone: 'neutral' },
    settled: true,
    github: GITHUB.held,
    seeds: [],
  },
  provisioning: {
    on: {
      start: E.provisioning,
      succeed: E.ready,
      fail: E.failed,
      abandon: E.pending,
      withdraw: E.pending,
      destroy: E.destroying,
    },
    text: { label: 'Building', emoji: '🔨', tone: 'progress' },
    settled: false,
    github: GITHUB.working,
    seeds: ['provisioning', 'building', 'deploying', 'starting'],
  },
  ready: {
    on: { start: E.updating, succeed: E.ready, fail: E.failed, sleep: E.sleeping, destroy: E.destroying },
    text: { label: 'Ready', emoji: '✅', tone: 'good' },
    settled: true,
    github: GITHUB.good,
    seeds: ['ready', 'active', 'running'],
  },
  updating: {
    on: {
      start: E.updating,
      succeed: E.ready,
      fail: E.failed,
      abandon: E.ready,
      withdraw: E.pending,
      destroy: E.destroying,
    },
    text: { label: 'Updating', emoji: '🔄', tone: 'progress' },
    settled: false,
    github: GITHUB.working,
    seeds: ['updating'],
  },
  sleeping: {
    on: { start: E.updating, wake: E.ready, fail: E.failed, destroy: E.destroying },
    text: { label: 'Sleeping', emoji: '🌙', tone: 'muted' },
    settled: true,
    github: GITHUB.good,
    seeds: ['stopped'],
  },
  // A failed update keeps serving the last good deployment; only the head is red.
  failed: {
    on: {
      hold: E.awaitingApproval,
      start: E.updating,
      succeed: E.ready,
      fail: E.failed,
      destroy: E.destroying,
    },
    text: { label: 'Failed', emoji: '❌', tone: 'bad' },
    settled: true,
    github: GITHUB.bad,
    seeds: ['failed'],
  },
  destroying: {
    on: { gone: E.destroyed, reopen: E.pending },
    text: { label: 'Cleaning up', emoji: '🧹', tone: 'muted' },
    settled: false,
    github: GITHUB.gone,
    seeds: ['destroying'],
  },
  destroyed: {
    on: { reopen: E.pending },
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
