import type { Samples } from '../harness/alternate.js';
import { compare, type Goal, type Row } from '../harness/compare.js';
import { VERSIONS, type Version } from './tree.js';

export const OURS = 'ours';
export const ACTION = 'ours, the whole Action';
export const RSYNC = 'rsync -rlcz to a daemon';
export const GIT = 'git push to gh-pages, fresh clone';
export const TAR = 'tar.gz of everything';

const FLOOR = 'floor: one brotli stream of what changed';

interface Limits {
  readonly now?: Goal;
  readonly goal?: Goal;
}

const ratio = (most: number): Limits => ({ goal: { of: 'ratio', most } });
const none: Limits = {};

/** By version: what is asked of the bytes and of the seconds, against whom. */
const BYTES: Readonly<Record<Version, Readonly<Record<string, Limits>>>> = {
  'first deploy': { [FLOOR]: ratio(1.05), [RSYNC]: none, [GIT]: none, [TAR]: none },
  'one page': {
    [FLOOR]: { now: { of: 'figure', most: 100_000 }, goal: { of: 'figure', most: 10_000 } },
    [RSYNC]: none,
    [GIT]: none,
    [TAR]: none,
  },
  '1 %': { [FLOOR]: ratio(1.03), [RSYNC]: ratio(0.87), [GIT]: ratio(0.011), [TAR]: none },
};

const SECONDS: Readonly<Record<Version, Readonly<Record<string, Limits>>>> = {
  'first deploy': { [RSYNC]: ratio(1.3), [GIT]: none, [TAR]: none },
  'one page': { [RSYNC]: none, [GIT]: none, [TAR]: none },
  '1 %': { [RSYNC]: ratio(0.85), [GIT]: ratio(0.15), [TAR]: none },
};

const IDS: Readonly<Record<Version, { readonly bytes: string; readonly seconds: string }>> = {
  'first deploy': { bytes: 'P10', seconds: 'P10' },
  'one page': { bytes: 'P8', seconds: 'P9' },
  '1 %': { bytes: 'P7', seconds: 'P9' },
};

export function rowsOf(samples: Samples, floors: Readonly<Record<string, number>>): Row[] {
  return [...uploads(samples, floors), ...wholeAction(samples)];
}

/** What a person waits for and a network carries, all included. */
function wholeAction(samples: Samples): Row[] {
  return VERSIONS.flatMap((version) =>
    (['bytes', 'seconds'] as const).map((measurement) =>
      compare({
        id: IDS[version][measurement],
        what: `${version}, the whole Action: ${measurement}`,
        unit: measurement === 'bytes' ? 'bytes' : 's',
        ours: samples.of(ACTION, `${version}: ${measurement}`),
        against: RSYNC,
        theirs: samples.against(RSYNC, `${version}: ${measurement}`),
      }),
    ),
  );
}

function uploads(samples: Samples, floors: Readonly<Record<string, number>>): Row[] {
  return VERSIONS.flatMap((version) => [
    ...Object.entries(BYTES[version]).map(([peer, limits]) => {
      const measured = samples.of(OURS, `${version}: bytes`);
      const theirs =
        peer === FLOOR
          ? measured.map(() => floors[version] ?? Number.NaN)
          : samples.against(peer, `${version}: bytes`);
      const asked = {
        id: IDS[version].bytes,
        what: `${version}: bytes both ways`,
        unit: 'bytes',
        ours: measured,
      } as const;
      return compare({ ...asked, against: peer, theirs, ...limits });
    }),
    ...Object.entries(SECONDS[version]).map(([peer, limits]) => {
      const asked = {
        id: IDS[version].seconds,
        what: `${version}: seconds`,
        unit: 's',
        ours: samples.of(OURS, `${version}: seconds`),
      } as const;
      return compare({
        ...asked,
        against: peer,
        theirs: samples.against(peer, `${version}: seconds`),
        ...limits,
      });
    }),
  ]);
}
