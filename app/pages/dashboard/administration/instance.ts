import type { InstanceView } from '../../../../src/contract/administration.js';
import { CHECK_STATE, type CheckState, CONTAINER_STATUS } from '../../../../src/shared/status/words.js';
import type { Badge } from '../present.js';
import { bytesOf, durationOf } from '../tags.js';

interface StateBadge {
  readonly label: string;
  readonly tone: Badge['tone'] | 'warn';
}

interface PartModel {
  readonly title: string;
  readonly says: string;
  readonly badge: StateBadge;
}

export interface HealthModel {
  readonly version: string;
  readonly node: string;
  readonly uptime: string;
  readonly startedAt: string;
  /** One sentence for the whole. */
  readonly summary: string;
  readonly isWell: boolean;
  readonly parts: readonly PartModel[];
  readonly queues: readonly PartModel[];
  readonly jobs: readonly (PartModel & {
    readonly every: string;
    readonly lastRunAt: string;
    readonly took: string;
  })[];
}

const BADGES: Readonly<Record<CheckState, StateBadge>> = {
  [CHECK_STATE.good]: { label: 'Good', tone: 'good' },
  [CHECK_STATE.warning]: { label: 'Look at it', tone: 'warn' },
  [CHECK_STATE.failed]: { label: 'Failed', tone: 'bad' },
  [CHECK_STATE.skipped]: { label: 'Not used', tone: 'muted' },
};

export function healthOf(view: InstanceView, now: Date): HealthModel {
  const { version, node, startedAt } = view;
  const parts = view.parts.map(({ title, says, state }) => ({ title, says, badge: BADGES[state] }));
  const queues = view.queues.map((queue) => queueOf(queue, now));
  const jobs = view.jobs.map(jobOf);
  const troubled = [...parts, ...queues, ...jobs].filter(({ badge }) => badge.tone === 'bad');
  return {
    ...{ version, node, startedAt, parts, queues, jobs },
    uptime: durationOf((now.getTime() - Date.parse(startedAt)) / 1_000),
    isWell: troubled.length === 0,
    summary:
      troubled.length === 0
        ? 'Everything works.'
        : `Look at: ${troubled.map(({ title }) => title).join(', ')}.`,
  };
}

type Queue = InstanceView['queues'][number];

const QUEUES: Readonly<Record<Queue['name'], { readonly title: string; readonly idle: string }>> = {
  webhooks: { title: 'Webhooks', idle: 'None waits.' },
  'parked-webhooks': { title: 'Webhooks that failed', idle: 'None.' },
  reports: { title: 'Reports to GitHub', idle: 'None is due.' },
  removals: { title: 'Removals', idle: 'None is due.' },
  places: { title: 'Previews that wait for a place', idle: 'None waits.' },
};

/** A minute of waiting is no sign of trouble: GitHub asks for pauses. */
const SLOW_S = 60;
const STUCK_S = 10 * 60;
const COUNTED = 100;

function queueOf({ name, waiting, since }: Queue, now: Date): PartModel {
  const { title, idle } = QUEUES[name];
  const seconds = since === null ? 0 : Math.max(0, (now.getTime() - Date.parse(since)) / 1_000);
  const count =
    waiting === null ? '' : waiting >= COUNTED ? '100 or more wait. ' : `${String(waiting)} wait. `;
  const age = since === null ? '' : `The first one has been due for ${durationOf(seconds)}.`;
  const isIdle = (waiting ?? 0) === 0 && since === null;
  const state = queueState({ name, isIdle, seconds });
  return { title, says: isIdle ? idle : `${count}${age}`.trim(), badge: BADGES[state] };
}

interface Waiting extends Pick<Queue, 'name'> {
  readonly isIdle: boolean;
  readonly seconds: number;
}

function queueState({ name, isIdle, seconds }: Waiting): CheckState {
  if (name === 'parked-webhooks') return isIdle ? CHECK_STATE.good : CHECK_STATE.warning;
  if (seconds > STUCK_S) return CHECK_STATE.failed;
  return seconds > SLOW_S ? CHECK_STATE.warning : CHECK_STATE.good;
}

type Job = InstanceView['jobs'][number];

function jobOf({ name, everySeconds, lastRunAt, tookMs, lateSeconds, error }: Job) {
  const late = lateSeconds > 0 ? `It has been due for ${durationOf(lateSeconds)}. ` : '';
  const state = error !== null || lateSeconds > 0 ? CHECK_STATE.failed : CHECK_STATE.good;
  return {
    ...{ title: name, lastRunAt, badge: BADGES[state] },
    says: `${late}${error ?? ''}`.trim(),
    every: durationOf(everySeconds),
    took: durationOf(tookMs / 1_000),
  };
}

export interface LimitsModel {
  readonly rows: readonly {
    readonly what: string;
    readonly used: string;
    readonly limit: string;
    readonly setBy: string;
  }[];
  readonly measuredAt: string;
}

const NONE = 'no limit of the server';

export function limitsOf({ limits, used }: InstanceView): LimitsModel {
  const { containers, storage, disk } = used;
  const days = (count: number) => `${String(count)} days`;
  const living = (containers[CONTAINER_STATUS.running] ?? 0) + (containers[CONTAINER_STATUS.starting] ?? 0);
  const asleep = containers[CONTAINER_STATUS.stopped] ?? 0;
  const row = (what: string, used_: string, limit: string, setBy: string) => ({
    what,
    used: used_,
    limit,
    setBy,
  });
  return {
    rows: [
      row('Previews alive', String(used.previews), NONE, 'limits of each project'),
      row('Files', storage ? bytesOf(storage.bytes) : 'not measured yet', NONE, 'limits of each project'),
      row('Disk of DATA_DIR', ...diskOf(disk), 'the disk'),
      row('Containers', `${String(living)} run, ${String(asleep)} stopped`, NONE, ''),
      row(
        'Ports for containers',
        String(used.ports),
        limits.ports ? `${String(limits.ports.count)} (${limits.ports.range})` : 'none are published',
        'CONTAINER_PORTS',
      ),
      row('Memory of one container', '', `at most ${bytesOf(limits.memoryBytes)}`, 'CONTAINER_MEMORY'),
      row('Processors of one container', '', `at most ${String(limits.cpus)}`, 'CONTAINER_CPUS'),
      row('Networks of containers', '', limits.network, 'CONTAINER_NETWORK'),
      row('Logs', '', `kept ${days(limits.logDays)}`, 'LOG_RETENTION_DAYS'),
      row('Payloads of webhooks', '', `kept ${days(limits.payloadDays)}`, 'DELIVERY_RETENTION_DAYS'),
      row('Webhooks', '', `kept ${days(limits.recordDays)}`, 'DELIVERY_RECORD_DAYS'),
      row('Administrators', String(limits.administrators), 'those that are named', 'ADMINS'),
    ],
    measuredAt: storage?.measuredAt ?? '',
  };
}

function diskOf(disk: InstanceView['used']['disk']): readonly [string, string] {
  if (!disk) return ['cannot be seen', ''];
  return [
    `${bytesOf(disk.totalBytes - disk.freeBytes)} used, ${bytesOf(disk.freeBytes)} free`,
    bytesOf(disk.totalBytes),
  ];
}
