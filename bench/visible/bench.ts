import { alternate, type Samples } from '../harness/alternate.js';
import { compare, type Comparison, type Goal, type Row } from '../harness/compare.js';
import type { Bench, Outcome, Setting } from '../harness/setting.js';
import { OURS, surround } from '../webhooks/receivers.js';
import { measureVisible, STOCK } from './measure.js';

const FLOOR = 'direct-report';
/** What GitHub takes for one call, about. */
const CALL_MS = 60;

const LABELS: Readonly<Record<string, string>> = {
  [FLOOR]: 'floor: token at hand, both calls side by side',
  [STOCK]: 'stock Probot 14',
};

export const visible: Bench = {
  summary: 'from a webhook to the check run and the comment that a reviewer sees (P16)',
  rounds: { full: 5, short: 1 },
  run,
};

async function run(setting: Setting): Promise<Outcome> {
  const around = await surround(setting, { delayMs: CALL_MS, limits: 'on' });
  const samples = await alternate({
    names: [FLOOR, OURS, STOCK],
    rounds: setting.rounds,
    async measure(name, round) {
      const figures = await measureVisible(around, { name, round });
      setting.say(
        `round ${round + 1}: ${name}, last comment of the burst after ${Math.round(figures['burst last'] ?? 0)} ms`,
      );
      return figures;
    },
  });
  await around.database.stop();
  const refused = [FLOOR, OURS, STOCK].map((name) => `${name} ${Math.max(...samples.of(name, 'refused'))}`);
  return { rows: rowsOf(samples), notes: notesOf(refused) };
}

const atMost = (most: number, of: Goal['of'] = 'ratio'): Goal => ({ of, most });

type Asked = Pick<Comparison, 'what' | 'now' | 'goal'> & { readonly measurement: string };

function rowsOf(samples: Samples): Row[] {
  const against = (peer: string, { measurement, ...rest }: Asked): Row => {
    const ours = samples.of(OURS, measurement);
    const theirs = samples.of(peer, measurement);
    return compare({ id: 'P16', unit: 'ms', ...rest, ours, against: LABELS[peer] ?? peer, theirs });
  };
  const call = ({ measurement, ...rest }: Asked): Row => {
    const ours = samples.of(OURS, measurement);
    const theirs = ours.map(() => CALL_MS);
    return compare({ id: 'P16', unit: 'ms', ...rest, ours, against: `one call of ${CALL_MS} ms`, theirs });
  };
  const both = (what: string, measurement: string) =>
    [FLOOR, STOCK].map((peer) => against(peer, { what, measurement }));
  return [
    against(FLOOR, { what: 'first event: check visible', measurement: 'first check', goal: atMost(2.5) }),
    against(STOCK, { what: 'first event: check visible', measurement: 'first check' }),
    against(FLOOR, { what: 'first event: comment visible', measurement: 'first comment', goal: atMost(2.5) }),
    against(STOCK, { what: 'first event: comment visible', measurement: 'first comment' }),
    call({ what: 'warm: check visible', measurement: 'warm check', goal: atMost(1.25) }),
    call({ what: 'warm: comment visible', measurement: 'warm comment', now: atMost(3), goal: atMost(1.25) }),
    ...both('warm: check visible', 'warm check'),
    against(FLOOR, { what: 'warm: comment visible', measurement: 'warm comment' }),
    against(STOCK, { what: 'warm: comment visible', measurement: 'warm comment', goal: atMost(0.1) }),
    ...both('ten at once: first comment', 'burst first'),
    ...both('ten at once: median comment', 'burst median'),
    call({
      what: 'ten at once: last comment',
      measurement: 'burst last',
      now: atMost(3000, 'figure'),
      goal: atMost(3),
    }),
    against(FLOOR, { what: 'ten at once: last comment', measurement: 'burst last' }),
    against(STOCK, { what: 'ten at once: last comment', measurement: 'burst last', goal: atMost(0.01) }),
    compare({
      id: 'P16',
      what: 'calls of GitHub a pull request',
      unit: 'calls',
      ours: samples.of(OURS, 'calls'),
      against: LABELS[STOCK] ?? STOCK,
      theirs: samples.of(STOCK, 'calls'),
      goal: atMost(2.3, 'figure'),
    }),
  ];
}

function notesOf(refused: readonly string[]): string[] {
  return [
    `GitHub is a mock that takes ${CALL_MS} ms for every call and enforces 100 calls at once, 900 points and 80 new contents a minute. Calls it refused, worst round: ${refused.join(', ')}.`,
    'Every event opens another pull request. The ten at once belong to an installation that was idle before, so its token is fetched first.',
    'Ours also asks for the settings of the default branch before its first decision in a repository. It reads more when a run starts, which is not measured here.',
  ];
}
