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

/** What a file looks like in each form that was asked for; null where a form does not exist. */
export type ReadyForms = ReadonlyMap<Encoding, ReadyResponse | null>;

/** About how many bytes of memory they take: the lists share their texts, each form has its own. */
export function weighForms(forms: ReadyForms): number {
  let weight = 200;
  for (const ready of forms.values()) {
    if (ready === null) continue;
    const { head, common, notModified } = ready;
    weight += 400 + 8 * (head.length + common.length + notModified.length);
    for (const text of head) weight += text.length;
  }
  return weight;
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
