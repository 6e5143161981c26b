import { z } from 'zod';

/** Ascending indices, written as pairs of [first, count]: short both for "all of 5,000" and for "one of 5,000". */
export type Ranges = readonly (readonly [first: number, count: number])[];

export const rangesSchema = z
  .array(z.tuple([z.number().int().nonnegative(), z.number().int().positive()]))
  .max(50_000);

export function toRanges(indices: Iterable<number>): Ranges {
  const ranges: [number, number][] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    if (last !== undefined && last[0] + last[1] === index) last[1] += 1;
    else ranges.push([index, 1]);
  }
  return ranges;
}

/** The indices again; null when they are not ascending or leave [0, length). */
export function indicesOf(ranges: Ranges, length: number): number[] | null {
  const indices: number[] = [];
  let next = 0;
  for (const [first, count] of ranges) {
    if (first < next || count < 1 || first + count > length) return null;
    for (let index = first; index < first + count; index += 1) indices.push(index);
    next = first + count;
  }
  return indices;
}
