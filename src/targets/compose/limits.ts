import type { ServiceLimits } from './model.js';
import { bytesOf, type Found, groupOf, note, numberOf, problem, wholeNumberOf } from './values.js';

type Limits = { -readonly [Key in keyof Omit<ServiceLimits, 'line'>]: ServiceLimits[Key] };

const CPUS = { min: 0.01, max: 64 };
const PIDS = { min: 1, max: 100_000 };

/** `deploy.resources.limits`, and the older `mem_limit`, `cpus` and `pids_limit`: one form. */
export function limitsIn(keys: readonly (readonly [string, Found])[]): Limits {
  const limits: Limits = { memoryBytes: undefined, cpus: undefined, pids: undefined };
  for (const [key, found] of keys) {
    if (key === 'deploy') readDeploy(limits, found);
    else readLimit(limits, [key, found]);
  }
  return limits;
}

function readLimit(into: Limits, [key, found]: readonly [string, Found]): void {
  // Zero is Docker's word for no limit.
  if (key === 'memory' || key === 'mem_limit') into.memoryBytes = bytesOf(found) || undefined;
  else if (key === 'cpus') into.cpus = numberOf(found, CPUS) ?? undefined;
  else if (key === 'pids' || key === 'pids_limit') into.pids = wholeNumberOf(found, PIDS) ?? undefined;
  else problem(found, 'is not allowed; remove it');
}

function readDeploy(into: Limits, found: Found): void {
  for (const [key, value] of groupOf(found)) {
    if (key === 'resources') readResources(into, value);
    else if (key === 'replicas') wholeNumberOf(value, { min: 1, max: 1 });
    else if (key === 'restart_policy')
      note(value, 'is left out: the server restarts a program that fails, up to three times');
    else problem(value, 'is not allowed: only "resources" counts here; remove it');
  }
}

const RESERVABLE = ['cpus', 'memory'];

function readResources(into: Limits, found: Found): void {
  for (const [key, value] of groupOf(found)) {
    if (key === 'limits') groupOf(value).forEach((limit) => readLimit(into, limit));
    else if (key === 'reservations') checkReservations(value);
    else problem(value, 'is not allowed; remove it');
  }
}

function checkReservations(found: Found): void {
  for (const [name, reserved] of groupOf(found))
    if (!RESERVABLE.includes(name))
      problem(reserved, 'would give the preview devices of the machine; remove it');
  note(found, 'is left out: only limits count');
}
