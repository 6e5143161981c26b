/** What the core asks of the world. Each port has a contract suite under test/contracts that every implementation passes. */
export interface Clock {
  now(): Date;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured, one line an event. Fields pass the redactor; secrets are never handed to it in the first place. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface Tools {
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
}
