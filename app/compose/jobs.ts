import { collectWords } from '../../src/deployments/logs/search.js';
import { continueDeletions } from '../../src/reconcile/deletions.js';
import { countEndings } from '../../src/reconcile/endings.js';
import { createHealthCheck, HOSTS, PROGRAMS } from '../../src/reconcile/health.js';
import { createLogRetention } from '../../src/reconcile/log-retention.js';
import { forgetSecrets } from '../../src/reconcile/forget-secrets.js';
import { measure } from '../../src/reconcile/measure.js';
import { createProgramLogs } from '../../src/reconcile/program-logs.js';
import { promoteQueued } from '../../src/reconcile/queue.js';
import { putToSleep } from '../../src/reconcile/sleep.js';
import { reconcileStuck } from '../../src/reconcile/stuck.js';
import { sweep } from '../../src/reconcile/sweep.js';
import { rotateKeys } from '../../src/secrets/rotate.js';
import { forgetOldDeliveries } from '../../src/deliveries/retention.js';
import type { Config } from '../config/config.js';
import type { Ports } from '../ports.js';
import type { JobRun } from '../../src/shared/instance.js';
import { every as startEvery } from '../workers/every.js';

const STUCK_EVERY_MS = 60_000;
const QUEUE_EVERY_MS = 30_000;
const SLEEP_EVERY_MS = 30_000;
const DELETIONS_EVERY_MS = 30_000;
const SWEEP_EVERY_MS = 5 * 60_000;
const HOSTS_EVERY_MS = 2 * 60_000;
const PROGRAMS_EVERY_MS = 30_000;
const PROGRAM_LOGS_EVERY_MS = 10_000;
const WORDS_EVERY_MS = 15_000;
const LOG_RETENTION_EVERY_MS = 10 * 60_000;
const STATISTICS_EVERY_MS = 5_000;
const MEASURE_EVERY_MS = 60 * 60_000;
const RETENTION_EVERY_MS = 60 * 60_000;
/** A new key is there after a start only. What is looked at later was left by a process that ended in the middle. */
const ROTATE_FIRST_MS = 1_000;
const ROTATE_EVERY_MS = 30_000;
const FORGET_EVERY_MS = 60 * 60_000;

interface Jobs {
  readonly config: Pick<Config, 'deliveryRetention' | 'logRetentionDays'>;
  /** When the sweep runs first: soon after a start, because events may have been lost before. */
  readonly firstMs: number;
  readonly lease: { readonly leaseMs?: number };
  /** Of each job about programs, instead of its own time. */
  readonly programsEveryMs?: number | undefined;
}

/** What runs again and again, in every process that works: each job can be repeated and run twice at once. */
export function startPeriodicJobs(ports: Ports, jobs: Jobs) {
  const { config, firstMs, lease } = jobs;
  const { log } = ports;
  const every = startsNoting(ports);
  return [
    ...startProgramJobs(ports, { ...jobs, every }),
    every({ name: 'statistics', everyMs: STATISTICS_EVERY_MS, run: () => countEndings(ports), log }),
    every({ name: 'measure', everyMs: MEASURE_EVERY_MS, firstMs, run: () => measure(ports), log }),
    every({
      name: 'retention',
      everyMs: RETENTION_EVERY_MS,
      firstMs,
      run: () => forgetOldDeliveries(ports, config.deliveryRetention),
      log,
    }),
    every({ name: 'stuck', everyMs: STUCK_EVERY_MS, run: () => reconcileStuck(ports), log }),
    every({ name: 'queue', everyMs: QUEUE_EVERY_MS, run: () => promoteQueued(ports), log }),
    every({ name: 'deletions', everyMs: DELETIONS_EVERY_MS, run: () => continueDeletions(ports), log }),
    every({ name: 'health', everyMs: HOSTS_EVERY_MS, run: createHealthCheck(ports, HOSTS), log }),
    every({ name: 'log words', everyMs: WORDS_EVERY_MS, run: () => collectWords(ports), log }),
    every({
      name: 'log retention',
      everyMs: LOG_RETENTION_EVERY_MS,
      run: createLogRetention(ports, { keepDays: config.logRetentionDays }),
      log,
    }),
    every({
      name: 'rotate keys',
      everyMs: ROTATE_EVERY_MS,
      firstMs: ROTATE_FIRST_MS,
      run: () => rotateKeys(ports, lease),
      log,
    }),
    every({ name: 'forget secrets', everyMs: FORGET_EVERY_MS, run: () => forgetSecrets(ports), log }),
    every({ name: 'sweep', everyMs: SWEEP_EVERY_MS, firstMs, run: () => sweep(ports), log }),
  ];
}

/** Short jobs write down so often that they ran: pages that show it need no more. */
const NOTE_EVERY_MS = 15_000;

/** Starts jobs whose runs are written down, for those who look whether the server works. A run that failed, or works again, is told at once. */
function startsNoting({ jobRuns, log }: Pick<Ports, 'jobRuns' | 'log'>): typeof startEvery {
  const noted = new Map<string, JobRun>();
  const onRun = (run: JobRun) => {
    const before = noted.get(run.name);
    const isNews = !before || before.error !== run.error;
    if (!isNews && run.at.getTime() - before.at.getTime() < NOTE_EVERY_MS) return;
    noted.set(run.name, run);
    jobRuns
      .note(run)
      .catch((error: unknown) => log('debug', 'a run could not be written down', { name: run.name, error }));
  };
  return (job) => startEvery({ ...job, onRun });
}

function startProgramJobs(
  ports: Ports,
  { programsEveryMs, every }: Pick<Jobs, 'programsEveryMs'> & { readonly every: typeof startEvery },
) {
  const { log } = ports;
  const logs = createProgramLogs(ports);
  const job = (name: string, { everyMs, run }: { everyMs: number; run: () => Promise<number> }) =>
    every({ name, everyMs: programsEveryMs ?? everyMs, run, log });
  return [
    job('program logs', { everyMs: PROGRAM_LOGS_EVERY_MS, run: logs.look }),
    logs,
    job('sleep', { everyMs: SLEEP_EVERY_MS, run: () => putToSleep(ports) }),
    job('health of programs', { everyMs: PROGRAMS_EVERY_MS, run: createHealthCheck(ports, PROGRAMS) }),
  ];
}
