import type { administration, InstanceView } from '../../../src/contract/administration.js';
import { dayOf } from '../../../src/deployments/statistics.js';
import { type Instance, type JobRun, lateSeconds } from '../../../src/shared/instance.js';
import { DELIVERY_STATUS } from '../../../src/shared/status/words.js';
import type { Ports } from '../../ports.js';
import { type Handlers, isoOrNull } from '../handler.js';
import { presentStorage } from '../history.js';

export type InstanceHandlers = Pick<Handlers<typeof administration>, 'getInstance'>;

/** What the server says of itself to those who run it. */
export function instanceHandlers(instance: Instance): InstanceHandlers {
  return {
    async getInstance(ports) {
      const { version, node, startedAt, limits } = instance;
      const [parts, jobs, queues, used, migrations] = await Promise.all([
        instance.parts(),
        ports.jobRuns.list(),
        queuesOf(ports),
        usedOf(ports, instance),
        instance.migrations(),
      ]);
      const now = ports.clock.now();
      const examination = instance.examination();
      return {
        ...{ version, node, startedAt: startedAt.toISOString(), limits, queues, used },
        parts: [...parts],
        examination: examination && { at: examination.at.toISOString(), checks: [...examination.checks] },
        jobs: jobs.map((run) => presentJob(run, now)),
        migrations: migrations.map(({ version: number, name, appliedAt, ms }) => ({
          ...{ version: number, name, appliedAt: isoOrNull(appliedAt), tookMs: ms },
        })),
      };
    },
  };
}

function presentJob(run: JobRun, now: Date): InstanceView['jobs'][number] {
  const { name, everyMs, at, ms, error } = run;
  return {
    ...{ name, everySeconds: everyMs / 1_000, lastRunAt: at.toISOString(), tookMs: ms, error },
    lateSeconds: lateSeconds(run, now),
  };
}

/** Nobody reads an exact number above. */
const COUNTED = 100;

async function queuesOf({ inbox, environments }: Ports): Promise<InstanceView['queues']> {
  const page = { limit: COUNTED };
  const [stored, parked, since, reports, removals, places] = await Promise.all([
    inbox.list({ status: DELIVERY_STATUS.stored }, page),
    inbox.list({ status: DELIVERY_STATUS.parked }, page),
    inbox.waitingSince(),
    environments.dueSince('report'),
    environments.dueSince('teardown'),
    environments.queued(COUNTED),
  ]);
  return [
    { name: 'webhooks', waiting: stored.items.length, since: isoOrNull(since) },
    { name: 'parked-webhooks', waiting: parked.items.length, since: null },
    { name: 'reports', waiting: null, since: isoOrNull(reports) },
    { name: 'removals', waiting: null, since: isoOrNull(removals) },
    { name: 'places', waiting: places.length, since: null },
  ];
}

const DAY_MS = 24 * 60 * 60_000;

async function usedOf(ports: Ports, instance: Instance): Promise<InstanceView['used']> {
  const now = ports.clock.now();
  const span = { from: dayOf(new Date(now.getTime() - 2 * DAY_MS)), to: dayOf(now) };
  const [previews, { byStatus, ports: taken }, days, disk] = await Promise.all([
    ports.environments.countAllActive(),
    ports.containers.counts(),
    ports.statistics.days(span),
    instance.disk(),
  ]);
  const measured = days.findLast((day) => day.measured !== null)?.measured;
  return {
    ...{ previews, containers: { ...byStatus }, ports: taken, disk },
    storage: measured ? presentStorage(measured) : null,
  };
}
