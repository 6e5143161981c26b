import type { Samples } from '../harness/alternate.js';
import { compare, type Goal, type Row } from '../harness/compare.js';
import { CASES } from './cases.js';

export const OURS = 'ours';
export const SIRV = 'sirv 3';
export const NGINX = 'nginx';
export const CONSTANT = 'floor: node:http, constant reply';

interface Limits {
  readonly now?: Goal;
  readonly goal?: Goal;
}

const least = (value: number): Goal => ({ of: 'ratio', least: value });
const FOUR_TIMES: Limits = { now: least(2), goal: least(4) };

/** What is asked of each case, against whom. */
const LIMITS: Readonly<Record<string, Readonly<Record<string, Limits>>>> = {
  small: { [SIRV]: FOUR_TIMES, [NGINX]: { goal: least(0.85) }, [CONSTANT]: { goal: least(0.9) } },
  script: { [SIRV]: FOUR_TIMES, [NGINX]: {} },
  unchanged: { [SIRV]: {}, [NGINX]: { goal: least(0.75) } },
  large: { [SIRV]: { now: least(2) }, [NGINX]: { goal: least(2) } },
  mix: { [SIRV]: FOUR_TIMES, [NGINX]: { goal: least(0.75) } },
};

export function rowsOf(samples: Samples): Row[] {
  const measured = CASES.filter(({ id }) => samples.of(OURS, id).length > 0);
  const rows = measured.flatMap(({ id, what }) =>
    Object.entries(LIMITS[id] ?? {}).map(([peer, limits]) => {
      const asked = {
        id: 'P11',
        what,
        unit: 'per second',
        ours: samples.of(OURS, id),
        against: peer,
      } as const;
      return compare({ ...asked, theirs: samples.against(peer, id), ...limits });
    }),
  );
  return [...rows, slowest(samples)];
}

function slowest(samples: Samples): Row {
  return compare({
    id: 'P11',
    what: 'all files in turn: p99',
    unit: 'ms',
    ours: samples.of(OURS, 'mix: p99'),
    against: NGINX,
    theirs: samples.against(NGINX, 'mix: p99'),
    goal: { of: 'ratio', most: 0.3 },
  });
}
