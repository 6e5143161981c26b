import type { ApiReply } from './reply.js';
import { refused } from './reply.js';
import { refusal } from './pace.js';

/** What goes wrong. `apply-then-*` does the work first: the caller cannot know, which is the hard case. */
export type FaultKind =
  | 'status'
  | 'secondary-limit'
  | 'primary-limit'
  | 'reset'
  | 'hang'
  | 'latency'
  | 'apply-then-502'
  | 'apply-then-reset'
  | 'apply-then-hang';

export interface Fault {
  readonly kind: FaultKind;
  readonly path: RegExp;
  readonly method?: string;
  /** How many requests it hits; default 1. */
  readonly times?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Seconds, for the limits. */
  readonly retryAfter?: number;
  /** For latency. */
  readonly ms?: number;
}

export interface Faults {
  add(fault: Fault): void;
  take(method: string, path: string): Fault | undefined;
  clear(): void;
}

export function createFaults(): Faults {
  let armed: { fault: Fault; left: number }[] = [];
  return {
    add: (fault) => void armed.push({ fault, left: fault.times ?? 1 }),
    take(method, path) {
      const hit = armed.find(({ fault, left }) => left > 0 && fits(fault, { method, path }));
      if (hit) hit.left -= 1;
      return hit?.fault;
    },
    clear: () => void (armed = []),
  };
}

function fits(fault: Fault, request: { method: string; path: string }): boolean {
  return (fault.method === undefined || fault.method === request.method) && fault.path.test(request.path);
}

/** The reply of a fault that answers without doing the work; undefined for those that do not answer. */
export function faultReply(fault: Fault, now: number): ApiReply | undefined {
  if (fault.kind === 'status') return statusReply(fault);
  if (fault.kind === 'secondary-limit') return refusal(fault.retryAfter ?? 60);
  if (fault.kind === 'primary-limit') return primaryLimit(fault, now);
  return undefined;
}

function statusReply({ status = 500, headers = {} }: Fault): ApiReply {
  return { ...refused(status, `This request fails with ${status} on purpose.`), headers };
}

function primaryLimit({ retryAfter = 60 }: Fault, now: number): ApiReply {
  const reset = Math.ceil(now / 1000) + retryAfter;
  return {
    ...refused(403, 'API rate limit exceeded for installation.'),
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) },
  };
}
