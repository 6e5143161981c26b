import { types } from 'node:util';
import { messageOf } from '../../src/shared/errors.js';
import { createRedactor } from '../../src/shared/redact/redact.js';
import type { Clock, Log, LogLevel } from '../../src/shared/tools.js';
import type { Secrets } from './secrets.js';

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

/** The log of a server, without the secrets that it was started with. */
export function logOf(secrets: Secrets, options: LogOptions): Log {
  const { privateKey, webhookSecrets, mongodbUri, signIn, others = {} } = secrets;
  const keys = (secrets.encryptionKeys ?? '').split(/[\s,]+/).map((entry) => entry.split(':')[1]);
  const smtp = smtpPasswords(secrets.smtpUrl);
  const websites = [signIn.github, signIn.google, signIn.openId];
  const hooks = [...webhookSecrets, ...Object.values(others)];
  const known = [privateKey, ...hooks, mongodbUri, ...keys, ...websites, ...smtp];
  const { redact } = createRedactor(known.flatMap((secret) => (secret ? [secret] : [])));
  return createLog({ ...options, redact });
}

/** As it is in the address, and as it is sent. */
function smtpPasswords(smtpUrl: string | undefined): string[] {
  const { password } = new URL(smtpUrl ?? 'smtp://none');
  return [password, decodeURIComponent(password)];
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

const MINUTE_MS = 60_000;

/** Outside text can be part of a message, so the number of different lines is limited. */
const MAX_KINDS = 100;

/**
 * Writes the first of equal events at once and counts the others: one line tells their number when the window ends. So that a stranger
 * who causes an event again and again cannot fill the log.
 */
export function countRepeats(log: Log, windowMs: number = MINUTE_MS): Log {
  const repeats = new Map<string, number>();
  return (level, message, fields = {}) => {
    const reason = fields['error'] === undefined ? '' : messageOf(fields['error']);
    const detailed = `${level} ${message} ${reason}`;
    const kind = repeats.has(detailed) || repeats.size < MAX_KINDS ? detailed : `${level} ${message}`;
    const count = repeats.get(kind);
    repeats.set(kind, count === undefined ? 0 : count + 1);
    if (count !== undefined) return;
    log(level, message, fields);
    setTimeout(() => {
      const times = repeats.get(kind) ?? 0;
      repeats.delete(kind);
      if (times > 0) log(level, `${message}: again`, { times, inMs: windowMs, reason });
    }, windowMs).unref();
  };
}
