import { type HealthCheck, healthOf } from '../shared/health.js';
import { type Answer, askProgram, isWell, type ProgramAddress } from './ask-program.js';

interface Waiting extends HealthCheck {
  readonly address: ProgramAddress;
  /** The URL of the preview. */
  readonly url: string;
  readonly patienceMs: number;
  /** Whether there is still something to wait for. */
  readonly runs: () => Promise<boolean>;
}

export type Waited =
  | { readonly kind: 'healthy' }
  | { readonly kind: 'ended' }
  /** What came instead. */
  | { readonly kind: 'late'; readonly last: Answer };

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** Asks a program that was just started until it gives a good answer, has ended, or took too long. */
export async function waitForHealth(
  { address, url, patienceMs, runs, ...check }: Waiting,
  signal: AbortSignal,
): Promise<Waited> {
  const deadline = performance.now() + patienceMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    const last = await askProgram({ ...address, ...healthOf(check), url, signal });
    if (isWell(last)) return { kind: 'healthy' };
    if (!(await runs())) return { kind: 'ended' };
    if (performance.now() > deadline) return { kind: 'late', last };
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
