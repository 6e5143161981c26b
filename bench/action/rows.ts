import type { Samples } from '../harness/alternate.js';
import { compare, type Row } from '../harness/compare.js';
import type { bundleSize } from './bundle-size.js';

export const EMPTY = 'node with an empty file, to its end';
export const BARE = 'floor: bare node and http.get';
export const SERVER = 'with a server';
export const ALONE = 'without a server';

/** Not started here: its sizes are quoted from docs/performance.md. */
const SMALLEST = { name: 'smallest published (bobheadxi/deployments)', raw: 508_000, gzip: 120_000 };

type Bundle = Awaited<ReturnType<typeof bundleSize>>;

export function rowsOf(samples: Samples, bundle: Bundle): Row[] {
  return [...starts(samples), ...ends(samples), ...sizes(bundle)];
}

function starts(samples: Samples): Row[] {
  const bare = samples.of(BARE, 'first');
  const asked = { id: 'P5', unit: 'ms' } as const;
  const empty = samples.of(EMPTY, 'exit');
  return [
    ...[SERVER, ALONE].map((way) =>
      compare({
        ...asked,
        what: `${way}: first request`,
        ours: samples.of(way, 'first'),
        against: BARE,
        theirs: bare,
        now: { of: 'ratio', most: 3 },
        goal: { of: 'ratio', most: 1.15 },
      }),
    ),
    compare({ ...asked, what: 'bare node: first request', ours: bare, against: EMPTY, theirs: empty }),
  ];
}

function ends(samples: Samples): Row[] {
  return [SERVER, ALONE].map((way) =>
    compare({
      id: 'P6',
      what: `${way}: from the last answer to the end`,
      unit: 'ms',
      ours: samples.of(way, 'after'),
      against: BARE,
      theirs: samples.of(BARE, 'after'),
      goal: { of: 'figure', most: 20 },
    }),
  );
}

function sizes({ entry, whole }: Bundle): Row[] {
  const rows = [
    { what: 'what every run reads', size: entry },
    { what: 'the whole bundle', size: whole },
  ];
  return rows.flatMap(({ what, size }) => {
    const asked = { id: 'P6', unit: 'bytes', against: SMALLEST.name } as const;
    return [
      compare({
        ...asked,
        what,
        ours: [size.raw],
        theirs: [SMALLEST.raw],
        goal: { of: 'figure', most: 100_000 },
      }),
      compare({
        ...asked,
        what: `${what}, gzip`,
        ours: [size.gzip],
        theirs: [SMALLEST.gzip],
        goal: { of: 'figure', most: 35_000 },
      }),
    ];
  });
}
