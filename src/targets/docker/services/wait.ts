import { setTimeout as pause } from 'node:timers/promises';
import { VitrineError } from '../../../shared/errors.js';
import type { Run } from '../../target.js';
import { RESTART } from '../container-spec.js';
import type { ContainerEngine, EngineContainer } from '../engine.js';
import { lastLines } from '../start.js';

/** A database that was started. */
export interface Waiting {
  readonly container: string;
  /** As people know it: `db (postgres:16)`. */
  readonly title: string;
  readonly patienceMs: number;
}

type Wait = Pick<Run, 'log' | 'signal'>;

/** Starts a database that was made, or stopped. One that runs stays as it is. */
export async function startDatabase(engine: ContainerEngine, id: string): Promise<void> {
  const container = await engine.container(id);
  if (container?.running === true) return;
  await engine.setRestartPolicy(id, RESTART);
  await engine.startContainer(id);
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
const TELL_EVERY_MS = 15_000;

/** Resolves once the health check of the engine succeeds. Throws `unprocessable` when it will not. */
export async function waitUntilHealthy(engine: ContainerEngine, waiting: Waiting, run: Wait): Promise<void> {
  const deadline = AbortSignal.timeout(waiting.patienceMs);
  const asked = { toldAt: performance.now(), pauseMs: FIRST_PAUSE_MS };
  for (;;) {
    run.signal.throwIfAborted();
    const container = await engine.container(waiting.container);
    if (container === null) throw new VitrineError('unavailable', removedMeanwhile(waiting.title));
    if (container.running && container.health === 'healthy') return;
    const problem = problemOf(container, { waiting, late: deadline.aborted });
    if (problem !== null) {
      const { title } = waiting;
      await lastLines(engine, container.id, { ...run, heading: `The last lines of the database ${title}:` });
      throw new VitrineError('unprocessable', problem);
    }
    if (performance.now() - asked.toldAt > TELL_EVERY_MS) {
      asked.toldAt = performance.now();
      run.log(`Still waiting for the database ${waiting.title}.`);
    }
    await pause(asked.pauseMs, undefined, { signal: run.signal }).catch(() => undefined);
    asked.pauseMs = Math.min(asked.pauseMs * 1.5, LONGEST_PAUSE_MS);
  }
}

export function removedMeanwhile(title: string): string {
  return `The database ${title} was removed while this deployment started. It is tried again.`;
}

interface Seen {
  readonly waiting: Waiting;
  readonly late: boolean;
}

/** Null as long as it may still become well. */
function problemOf(
  { running, restarting, exitCode, outOfMemory, health }: EngineContainer,
  { waiting: { title, patienceMs }, late }: Seen,
): string | null {
  const ended = !running && !restarting;
  if (ended && outOfMemory)
    return `The database ${title} needed more memory than it may have, and was stopped (exit code ${exitCode}). docs/databases.md says how much each may have.`;
  if (ended)
    return `The database ${title} ended with exit code ${exitCode}. Its last lines are in the log. Is this version of it right?`;
  if (running && health === 'unhealthy')
    return `The database ${title} runs, and takes no connections: its health check fails. Its last lines are in the log.`;
  if (late)
    return `The database ${title} was not ready within ${Math.round(patienceMs / 1_000)} seconds. Its last lines are in the log.`;
  return null;
}
