import { LARGE, PAGE, SCRIPT, type ServedSite } from './site.js';

export interface Case {
  readonly id: string;
  readonly what: string;
  readonly addresses: (site: ServedSite) => readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** The form in which it must come. */
  readonly encoding?: string;
  /** Sends the ETag, and wants 304. */
  readonly revalidates: boolean;
  /** Measured in the short form, too. */
  readonly short: boolean;
}

const PLAIN = { headers: {}, revalidates: false, short: false } as const;

export const CASES: readonly Case[] = [
  { ...PLAIN, id: 'small', what: 'html, 3 kB', addresses: () => [PAGE], short: true },
  {
    ...PLAIN,
    id: 'script',
    what: 'script, 120 kB, brotli',
    addresses: () => [SCRIPT],
    headers: { 'accept-encoding': 'gzip, deflate, br' },
    encoding: 'br',
  },
  { ...PLAIN, id: 'unchanged', what: '304', addresses: () => [PAGE], revalidates: true },
  { ...PLAIN, id: 'large', what: '1 MiB', addresses: () => [LARGE] },
  { ...PLAIN, id: 'mix', what: 'all files in turn', addresses: ({ addresses }) => addresses, short: true },
];
