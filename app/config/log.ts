import { types } from 'node:util';
import type { Clock, Log, LogLevel } from '../../src/shared/tools.js';

const WEIGHT: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LogOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  readonly write: (line: string) => void;
  /** Last net: takes known secrets out of text that others wrote. */
  readonly redact?: (text: string) => string;
}

/** One line an event: `2026-11-20T12:00:00.000Z info  message name=value`. Readable at a desk, parseable anywhere. */
export function createLog({ level, clock, write, redact = (text) => text }: LogOptions): Log {
  return (lineLevel, message, fields = {}) => {
    if (WEIGHT[lineLevel] < WEIGHT[level]) return;
    const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${shown(value)}`);
    write(redact(`${clock.now().toISOString()} ${lineLevel.padEnd(5)} ${oneLine(message)}${rest.join('')}`));
  };
}

function shown(value: unknown): string {
  if (types.isNativeError(value)) return JSON.stringify(oneLine(described(value)));
  if (typeof value === 'string') return /^[\w.:/@#-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? 'undefined';
}

function described(error: Error): string {
  const cause = types.isNativeError(error.cause) ? ` (because: ${described(error.cause)})` : '';
  return `${error.name}: ${error.message}${cause}`;
}

/** Text from outside must not be able to start a line of its own, nor to paint a terminal. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}
