import type { Encoding } from './accepted-encodings.js';

/** Head of an answer, worked out once: names and values in turn, as `writeHead` takes them. */
export interface ReadyResponse {
  readonly etag: string;
  readonly encoding: Encoding;
  readonly length: number;
  /** Names the bytes in the cache of bodies. */
  readonly bodyKey: string;
  readonly head: readonly string[];
  readonly notModified: readonly string[];
  /** Without length and cache, for parts and for "not found". */
  readonly common: readonly string[];
}

/** On every answer of a preview host, whatever a site says. */
export const ALWAYS: readonly string[] = [
  'x-content-type-options',
  'nosniff',
  'x-robots-tag',
  'noindex',
  'referrer-policy',
  'no-referrer',
  'cross-origin-resource-policy',
  'same-site',
];
