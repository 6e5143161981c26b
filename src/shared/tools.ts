/** What the core asks of the world. Each port has a contract suite under test/contracts that every implementation passes. */
export interface Clock {
  now(): Date;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured, one line an event. Fields pass the redactor; secrets are never handed to it in the first place. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

interface Lease {
  readonly name: string;
  /** Who holds it: a random name of one piece of work. */
  readonly owner: string;
}

/** The right of one process among several to do a piece of work, until its time is over. On the clock of the database. */
export interface LeaseStore {
  /** False while another owner holds it. */
  acquire(lease: Lease & { readonly ms: number }): Promise<boolean>;
  /** False when it was lost: then the work must stop. */
  renew(lease: Lease & { readonly ms: number }): Promise<boolean>;
  release(lease: Lease): Promise<void>;
}

export interface LeasePorts {
  readonly leases: LeaseStore;
}

export interface Tools {
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
}
