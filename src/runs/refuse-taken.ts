import { VitrineError } from '../shared/errors.js';
import { sameRun, type RunRef } from '../shared/run-ref.js';

/** Only a newer run, or a newer attempt of the same one, may take a deployment from the run that has it. */
export function refuseTaken({ run, from }: { run: RunRef; from: RunRef | null }): void {
  if (from && !sameRun(from, run) && !isNewer(run, from)) throw taken(from);
}

/** Run ids grow; they are longer than a double is exact. */
function isNewer(run: RunRef, than: RunRef): boolean {
  const [a, b] = [BigInt(run.id), BigInt(than.id)];
  return a === b ? run.attempt > than.attempt : a > b;
}

export function taken(run: RunRef): VitrineError {
  return new VitrineError(
    'conflict',
    `Run ${run.id} (attempt ${run.attempt}, job ${run.job}) deploys this commit already. ` +
      'One job a project: give each job its own "project", or remove one.',
  );
}
