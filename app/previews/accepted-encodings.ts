import type { BlobEncoding } from '../../src/uploads/store.js';

export type Encoding = BlobEncoding | 'identity';

/** Ours, best first. */
const KNOWN: readonly Encoding[] = ['br', 'gzip', 'identity'];
const PLAIN: readonly Encoding[] = ['identity'];
const REMEMBERED = 64;

export type AcceptedEncodings = (header: string | undefined) => readonly Encoding[];

/** Reads Accept-Encoding (RFC 9110, 12.5.3). All browsers together send a handful of values, so answers are remembered. */
export function createAcceptedEncodings(): AcceptedEncodings {
  const remembered = new Map<string, readonly Encoding[]>();
  return (header) => {
    if (header === undefined) return PLAIN;
    const known = remembered.get(header);
    if (known !== undefined) return known;
    const parsed = parseEncodings(header);
    if (remembered.size < REMEMBERED && header.length < 200) remembered.set(header, parsed);
    return parsed;
  };
}

/** The encodings to try, best first. Plain comes last even when it is refused: a page is better than 406. */
export function parseEncodings(header: string): readonly Encoding[] {
  const weights = new Map<string, number>();
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    if (name !== '') weights.set(name === 'x-gzip' ? 'gzip' : name, weightOf(parameters));
  }
  const weigh = (encoding: Encoding) =>
    weights.get(encoding) ?? weights.get('*') ?? (encoding === 'identity' ? 0.001 : 0);
  const accepted = KNOWN.filter((encoding) => weigh(encoding) > 0).sort((a, b) => weigh(b) - weigh(a));
  return accepted.includes('identity') ? accepted : [...accepted, 'identity'];
}

function weightOf(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  if (q === undefined) return 1;
  const value = Number(q.slice(2));
  return value >= 0 && value <= 1 ? value : 0;
}
