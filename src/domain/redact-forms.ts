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
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  const parts = [secret, secret.trim(), ...lines].filter((part) => whyNotHidden(part) === undefined);
  const forms = [...new Set(parts)].flatMap(encodings);
  return [...new Set(forms)].filter((form) => form.length >= MIN_LENGTH);
}

function encodings(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  const url = encodeURIComponent(bytes.toString('utf8'));
  const json = JSON.stringify(text).slice(1, -1);
  const plain = [
    text,
    json,
    json.replaceAll('/', '\\/'),
    url,
    url.replaceAll('%20', '+'),
    encodeURI(bytes.toString('utf8')),
  ];
  const lower = plain.map((form) => form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()));
  const hex = bytes.toString('hex');
  return [...plain, ...lower, hex, hex.toUpperCase(), ...base64Forms(bytes)];
}

/** Inside a longer text a secret begins at any of three positions; only the characters that depend on nothing else are certain. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const certain = encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
    return [certain, certain.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
