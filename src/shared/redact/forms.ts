/** Words that are in every log. Masking them would make the log unreadable and protect nothing. */
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

const MIN_LENGTH = 4;

/** Why a value cannot be hidden, or undefined. */
export function whyNotHidden(value: string): string | undefined {
  if (value.trim().length < MIN_LENGTH) return `is shorter than ${String(MIN_LENGTH)} characters`;
  if (COMMON.has(value.trim().toLowerCase())) return 'is a common word';
  return undefined;
}

/** Every way in which a secret may turn up in a log: as it is, line by line, its parts when it is JSON, and encoded. */
export function formsOf(secret: string): string[] {
  const wholes = [secret, secret.trim()];
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  const hides = (part: string) => whyNotHidden(part) === undefined;
  const forms = [...new Set([...wholes, ...lines, ...leavesOf(secret)])].filter(hides).flatMap(encodings);
  return [...new Set([...forms, ...wholes.filter(hides).flatMap(base64Lines)])].filter(
    ({ length }) => length >= MIN_LENGTH,
  );
}

/** Shorter texts of a JSON document, such as the name of a region, are no secrets. */
const SHORTEST_LEAF = 8;

/** The texts in a secret that is a JSON document, as the key of a service account is. */
function leavesOf(secret: string): string[] {
  if (!/^\s*[[{]/.test(secret)) return [];
  const found: string[] = [];
  try {
    JSON.parse(secret, (_key, value: unknown) => {
      if (typeof value === 'string' && value.length >= SHORTEST_LEAF)
        found.push(value, ...value.split(/[\r\n]+/));
      return value;
    });
  } catch {
    // No JSON, although it begins like it.
    return [];
  }
  return found;
}

/** Every way in which the usual encoders write a text. */
function encodings(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  const hex = bytes.toString('hex');
  // As bytes and back: a lone surrogate cannot be encoded.
  const urls = urlForms(bytes.toString('utf8'));
  return [
    text,
    ...jsonForms(text),
    ...htmlForms(text),
    ...urls,
    hex,
    hex.toUpperCase(),
    ...base64Forms(bytes),
  ];
}

type Entities = Readonly<Record<string, string>>;

const MARKUP = { '&': '&amp;', '<': '&lt;' };

const TEXT = { ...MARKUP, '>': '&gt;' };

/** Encoders agree on `&` and `<`, and differ in the rest. */
const HTML_ENCODERS: readonly Entities[] = [
  // XML, in text and in attributes
  MARKUP,
  { ...MARKUP, '"': '&quot;' },
  // Browsers and React, in text; `htmlspecialchars` of PHP before 8.1
  TEXT,
  { ...TEXT, '"': '&quot;' },
  // Browsers, in attributes
  { '&': '&amp;', '"': '&quot;' },
  // lodash, escape-html, Ruby, PHP
  { ...TEXT, '"': '&quot;', "'": '&#39;' },
  { ...TEXT, '"': '&quot;', "'": '&#039;' },
  // Python, React, in attributes
  { ...TEXT, '"': '&quot;', "'": '&#x27;' },
  { ...TEXT, '"': '&quot;', "'": '&apos;' },
  // Go, in text and in attributes
  { ...TEXT, '"': '&#34;', "'": '&#39;' },
  { ...TEXT, '"': '&#34;', "'": '&#39;', '+': '&#43;' },
  // Jinja; Handlebars; Mustache
  { ...TEXT, '"': '&#34;', "'": '&#39;', '`': '&#96;' },
  { ...TEXT, '"': '&quot;', "'": '&#x27;', '`': '&#x60;', '=': '&#x3D;' },
  { ...TEXT, '"': '&quot;', "'": '&#39;', '`': '&#x60;', '=': '&#x3D;', '/': '&#x2F;' },
  { ...TEXT, '"': '&quot;', "'": '&#x27;', '/': '&#x2F;' },
];

/** As text of a page, and inside JSON that stands in a page. */
function htmlForms(text: string): string[] {
  const wholes = [...new Set([text, JSON.stringify(text).slice(1, -1)])];
  return wholes.flatMap((whole) =>
    HTML_ENCODERS.map((entities) => whole.replace(/[&<>"'`=/+]/g, (sign) => entities[sign] ?? sign)),
  );
}

/** Plain; for pages, as Go and Rails do it; in ASCII, as Python and PHP do it; with `\/`, as PHP does it. */
function jsonForms(text: string): string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const forms = [plain, plain.replace(/[<>&\u2028\u2029]/g, unicode), plain.replace(/[^ -~]/g, unicode)];
  return [...forms, ...forms.map((form) => form.replaceAll('/', '\\/'))];
}

function unicode(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Encoders differ in the signs that they leave alone, in the space, and in capitals. */
function urlForms(text: string): string[] {
  const component = encodeURIComponent(text);
  // https://www.rfc-editor.org/rfc/rfc3986#section-2.3
  const strict = component.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  // https://url.spec.whatwg.org/#application-x-www-form-urlencoded-percent-encode-set
  const form = strict.replaceAll('%2A', '*').replaceAll('~', '%7E');
  const python = strict.replaceAll('%2F', '/');
  const upper = [component, strict, form, python, encodeURI(text)];
  const all = [...upper, ...upper.map((one) => one.replaceAll('%20', '+'))];
  return [...all, ...all.map((one) => one.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()))];
}

/** Inside a longer text a secret begins at any of three positions; only the characters that depend on nothing else are certain. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const certain = certainBase64(bytes, shift);
    return [certain, certain.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function certainBase64(bytes: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
}

/** `base64` and MIME end a line after 76 characters, OpenSSL and PEM after 64. */
const WIDTHS = [76, 64];

/** The rest in the last line, if it is shorter, would be found where it is no part of a secret. */
const SHORTEST_LINE = 8;

/** The lines of the whole in base64: a log shows them one by one. */
function base64Lines(text: string): string[] {
  const encoded = certainBase64(Buffer.from(text, 'utf8'), 0);
  const lines = WIDTHS.filter((width) => encoded.length > width).flatMap(
    (width) => encoded.match(new RegExp(`.{1,${String(width)}}`, 'g')) ?? [],
  );
  return lines.filter(({ length }) => length >= SHORTEST_LINE);
}
