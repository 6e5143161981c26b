import type { LogPorts } from '../deployments/logs/store.js';
import type { Tools } from '../shared/tools.js';

type Ports = LogPorts & Pick<Tools, 'clock'>;

const DAY_MS = 24 * 60 * 60_000;

const HEALTH_CHECKS_MS = 7 * DAY_MS;
const BRIEF_CHECKS_MS = DAY_MS / 24;

/** Small batches: the database answers others between them. */
const BATCH = { chunks: 500, checks: 1_000, deployments: 50 } as const;

/** Removes the logs of deleted deployments, logs that are too old, and old health checks. Answers how much it removed. */
export function createLogRetention(ports: Ports, { keepDays }: { keepDays: number }): () => Promise<number> {
  return async () => {
    const now = ports.clock.now();
    const before = new Date(now.getTime() - keepDays * DAY_MS);
    const checksBefore = new Date(now.getTime() - HEALTH_CHECKS_MS);
    const briefBefore = new Date(now.getTime() - BRIEF_CHECKS_MS);
    const { logs, runtimeLogs, healthChecks } = ports;
    return (
      (await repeat(() => removeDeleted(ports, now), BATCH.deployments)) +
      (await repeat(() => logs.deleteBefore(before, BATCH.chunks), BATCH.chunks)) +
      (await repeat(() => runtimeLogs.deleteBefore(before, BATCH.chunks), BATCH.chunks)) +
      (await repeat(() => healthChecks.deleteBriefBefore(briefBefore, BATCH.checks), BATCH.checks)) +
      (await repeat(() => healthChecks.deleteBefore(checksBefore, BATCH.checks), BATCH.checks))
    );
  };
}

/** Until a batch is not full any more. */
async function repeat(removeBatch: () => Promise<number>, full: number): Promise<number> {
  let sum = 0;
  let removed: number;
  do {
    removed = await removeBatch();
    sum += removed;
  } while (removed >= full);
  return sum;
}

async function removeDeleted(ports: Ports, at: Date): Promise<number> {
  const ids = await ports.logRetention.deleted(BATCH.deployments);
  if (ids.length === 0) return 0;
  const { logs, runtimeLogs, logWords, healthChecks } = ports;
  await Promise.all([logs, runtimeLogs, logWords, healthChecks].map((store) => store.deleteOf(ids)));
  await ports.logRetention.removed(ids, at);
  return ids.length;
}
