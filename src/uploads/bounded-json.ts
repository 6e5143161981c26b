export interface JsonBounds {
  /** Most arrays and objects within each other. */
  readonly depth: number;
  /** Most commas between values: what is parsed has about so many values. */
  readonly commas: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/**
 * JSON of a stranger, null when it is none or more than it may be. Its shape is looked at before it is parsed: a few packed bytes can
 * unpack to millions of values, which would fill the memory before any schema sees them.
 */
export function parseBoundedJson(bytes: Uint8Array, bounds: JsonBounds): unknown {
  if (!isWithin(bytes, bounds)) return null;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

function isWithin(bytes: Uint8Array, bounds: JsonBounds): boolean {
  let depth = 0;
  let commas = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfText(bytes, at + 1);
    else if (byte === COMMA) commas += 1;
    else if (opens(byte)) depth += 1;
    else if (closes(byte)) depth -= 1;
    if (depth > bounds.depth || commas > bounds.commas) return false;
  }
  return true;
}

function endOfText(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** `[` and `{`. */
function opens(byte: number | undefined): boolean {
  return byte === 0x5b || byte === 0x7b;
}

/** `]` and `}`. */
function closes(byte: number | undefined): boolean {
  return byte === 0x5d || byte === 0x7d;
}
