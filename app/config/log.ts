import { types } from 'node:util';
import type { Clock, Log, LogLevel } from '../../src/shared/tools.js';

const WEIGHT: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LogOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  readonly write: (line: string) => void;
  /** Removes known secrets from lines, in case a library put one into a message. */
  readonly redact?: (text: string) => string;
}

/** One line an event: `2026-11-20T12:00:00.000Z info  message name=value`. Readable by people and programs. */
export function createLog({ level, clock, write, redact = (text) => text }: LogOptions): Log {
  return (lineLevel, message, fields = {}) => {
    if (WEIGHT[lineLevel] < WEIGHT[level]) return;
    const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${formatValue(value)}`);
    write(redact(`${clock.now().toISOString()} ${lineLevel.padEnd(5)} ${oneLine(message)}${rest.join('')}`));
  };
}

function formatValue(value: unknown): string {
  if (types.isNativeError(value)) return JSON.stringify(oneLine(describeError(value)));
  if (typeof value === 'string') return /^[\w.:/@#-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? 'undefined';
}

function describeError(error: Error): string {
  const cause = types.isNativeError(error.cause) ? ` (because: ${describeError(error.cause)})` : '';
  return `${error.name}: ${error.message}${cause}`;
}

/** Removes line breaks and control characters, so that outside text cannot forge log lines or control a terminal. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}
