import { base64Lines, encodings } from './redact-encodings.js';

/** Words that stand in every log: hiding them would hide the log, and tell nobody anything. */
const COMMON = new Set([
  ...['true', 'false', 'null', 'none', 'undefined', 'enabled', 'disabled', 'default', 'auto'],
  ...['test', 'tests', 'testing', 'development', 'production', 'staging', 'preview', 'local', 'localhost'],
  ...[
    'info',
    'debug',
    'warn',
    'warning',
    'error',
    'main',
    'master',
    'http',
    'https',
    'node',
    'user',
    'admin',
  ],
  ...['root', 'password', 'secret', 'token', 'example', 'latest', 'utf-8', 'utf8', '1234', '3000', '8080'],
]);
export const MIN_LENGTH = 4;

/** Why a value cannot be hidden, or undefined. */
export function whyNotHidden(value: string): string | undefined {
  if (value.trim().length < MIN_LENGTH) return `is shorter than ${String(MIN_LENGTH)} characters`;
  if (COMMON.has(value.trim().toLowerCase())) return 'is a common word';
  return undefined;
}

/** Every way in which a secret may turn up in a log: as it is, line by line, and encoded. */
export function formsOf(secret: string): string[] {
  const wholes = [secret, secret.trim()];
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  const hides = (part: string) => whyNotHidden(part) === undefined;
  const forms = [...new Set([...wholes, ...lines])].filter(hides).flatMap(encodings);
  return [...new Set([...forms, ...wholes.filter(hides).flatMap(base64Lines)])].filter(
    ({ length }) => length >= MIN_LENGTH,
  );
}
