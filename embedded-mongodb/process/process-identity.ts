import { readFileSync } from 'node:fs';

/** A process by its number and, where the system tells, when it started: numbers are used again. */
export type ProcessIdentity = { readonly pid: number; readonly started?: string | undefined };

export function identify(pid: number): ProcessIdentity {
  const facts = procFacts(pid);
  return facts ? { pid, started: facts.started } : { pid };
}

/**
 * Whether that very process still runs; a zombie, and another process that got its number, do not count. The first thread of a
 * killed process is a zombie while others still end, and until the last of them has ended its files stay locked.
 */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  if (!exists(pid)) return false;
  const facts = procFacts(pid);
  if (!facts) return true;
  return (facts.state !== 'Z' || facts.threads > 1) && (started === undefined || started === facts.started);
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user exists, too: it may only not be signalled.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** State, threads and start time from /proc, fields 3, 20 and 22, counted after the name, which may hold spaces and brackets. */
function procFacts(pid: number): { state: string; threads: number; started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', threads: Number(fields[17]), started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
