import type { InstanceView } from '../../../../src/contract/administration.js';
import { CHECK_STATE, type CheckState, CONTAINER_STATUS } from '../../../../src/shared/status/words.js';
import { versionOf } from '../../../live/watch.js';
import type { Badge } from '../present.js';
import { countOf, type RoomModel, roomsOf } from '../rooms.js';
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

interface CheckModel extends PartModel {
  readonly todo: string;
}

interface ExaminationModel {
  /** Empty until there is a first result. */
  readonly at: string;
  /** What something is to be done about. */
  readonly troubled: readonly CheckModel[];
  readonly others: readonly CheckModel[];
  /** How many of the others are good, and how many are not used. */
  readonly counted: string;
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
  readonly examination: ExaminationModel;
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
  const examination = examinationOf(view);
  const all = [...parts, ...examination.troubled, ...queues, ...jobs];
  const troubled = all.filter(({ badge }) => badge.tone === 'bad');
  return {
    ...{ version, node, startedAt, parts, examination, queues, jobs },
    uptime: durationOf((now.getTime() - Date.parse(startedAt)) / 1_000),
    isWell: troubled.length === 0,
    summary:
      troubled.length === 0
        ? 'Everything works.'
        : `Look at: ${troubled.map(({ title }) => title).join(', ')}.`,
  };
}

const WELL: readonly CheckState[] = [CHECK_STATE.good, CHECK_STATE.skipped];

/** Of a part that is shown above, a check says something only where it found more. */
function examinationOf({
  parts,
  examination,
}: Pick<InstanceView, 'parts' | 'examination'>): ExaminationModel {
  const above = parts.map(({ id }) => id);
  const checks = (examination?.checks ?? []).filter(
    ({ id, state }) => !above.includes(id) || !WELL.includes(state),
  );
  const model = ({ title, says, state, todo }: (typeof checks)[number]): CheckModel => ({
    ...{ title, says, todo: todo ?? '', badge: BADGES[state] },
  });
  const others = checks.filter(({ state }) => WELL.includes(state));
  const good = others.filter(({ state }) => state === CHECK_STATE.good).length;
  const unused = others.length - good;
  return {
    at: examination?.at ?? '',
    troubled: checks.filter(({ state }) => !WELL.includes(state)).map(model),
    others: others.map(model),
    counted: `${String(good)} good${unused > 0 ? `, ${String(unused)} not used` : ''}`,
  };
}

/** What the page of the health says, without what changes each time that it is asked. */
export function healthVersion({ parts, examination, queues, jobs }: InstanceView): string {
  return versionOf(
    parts.map(({ id, state }) => [id, state]),
    examination?.checks,
    queues.map(({ name, waiting, since }) => [name, waiting, since]),
    jobs.map(({ name, lastRunAt, error, lateSeconds }) => [name, lastRunAt, error, lateSeconds > 0]),
  );
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
    /** Of the configuration; empty where something else sets it. */
    readonly variable: string;
    readonly setBy: string;
  }[];
  readonly rooms: readonly RoomModel[];
  readonly measuredAt: string;
}

const NONE = 'no limit of the server';

export function limitsOf({ limits, used }: InstanceView): LimitsModel {
  const { containers, storage, disk } = used;
  const days = (count: number) => `${String(count)} days`;
  const living = (containers[CONTAINER_STATUS.running] ?? 0) + (containers[CONTAINER_STATUS.starting] ?? 0);
  const asleep = containers[CONTAINER_STATUS.stopped] ?? 0;
  const row = (what: string, inUse: string, limit: string, setBy: string) => {
    const isVariable = /^[A-Z_]+$/.test(setBy);
    return { what, limit, used: inUse, variable: isVariable ? setBy : '', setBy };
  };
  return {
    rows: [
      row('Previews alive', String(used.previews), NONE, 'limits of each project'),
      row('Disk of DATA_DIR', ...diskOf(disk), 'the disk'),
      row('Containers', `${String(living)} run, ${String(asleep)} stopped`, NONE, 'limits of each project'),
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
    rooms: storage ? [...roomsOf(storage), ...wholeOf(storage)] : [],
    measuredAt: storage?.measuredAt ?? '',
  };
}

type Storage = NonNullable<InstanceView['used']['storage']>;

/** The blob store keeps a file once that is of two kinds, and more than what is named: what was removed a moment ago. */
function wholeOf({ bytes, files, logBytes }: Storage): readonly RoomModel[] {
  const logs = { what: 'Logs', bytes: logBytes ?? 0, count: '', note: 'in the database, with its indexes' };
  return [
    ...(logBytes === null ? [] : [logs]),
    { what: 'The file store in all', bytes, count: countOf(files, 'file'), note: 'each file once' },
  ];
}

function diskOf(disk: InstanceView['used']['disk']): readonly [string, string] {
  if (!disk) return ['cannot be seen', ''];
  return [
    `${bytesOf(disk.totalBytes - disk.freeBytes)} used, ${bytesOf(disk.freeBytes)} free`,
    bytesOf(disk.totalBytes),
  ];
}
