import { startDatabase } from '../database/database.js';
import { alternate, type Samples } from '../harness/alternate.js';
import { compare, type Comparison, type Row } from '../harness/compare.js';
import type { Bench, Outcome, Setting } from '../harness/setting.js';
import { measureServer } from './measure.js';
import { BETTER_SSE, INSERT_MANY, INSERT_ONE, OURS } from './servers.js';

const LABELS: Readonly<Record<string, string>> = {
  [INSERT_ONE]: 'node:http, insertOne a line, 16 at once',
  [INSERT_MANY]: 'node:http, insertMany of 1,000 lines',
  [BETTER_SSE]: 'better-sse on node:http, stores nothing',
};

export const logs: Bench = {
  summary: 'log lines stored through HTTP, and sent live to 1,000 readers (P12, P13)',
  rounds: { full: 5, short: 1 },
  run,
};

async function run(setting: Setting): Promise<Outcome> {
  const database = await startDatabase(setting);
  const load = await setting.children.start('logs/load.js', { core: 'beside' });
  const samples = await alternate({
    names: [INSERT_ONE, INSERT_MANY, BETTER_SSE, OURS],
    rounds: setting.rounds,
    async measure(name, round) {
      const figures = await measureServer({ setting, database, load }, { name, round });
      const said = Object.entries(figures).map(([what, figure]) => `${what} ${figure.toFixed(1)}`);
      setting.say(`round ${round + 1}: ${name}: ${said.join(', ')}`);
      return figures;
    },
  });
  const { way } = database;
  await database.stop();
  return { rows: rowsOf(samples), notes: notesOf(way) };
}

type Asked = Omit<Comparison, 'ours' | 'against' | 'theirs'> & { readonly measurement: string };

function rowsOf(samples: Samples): Row[] {
  const against = (peer: string, { measurement, ...asked }: Asked): Row =>
    compare({
      ...asked,
      ours: samples.of(OURS, measurement),
      against: LABELS[peer] ?? peer,
      theirs: samples.of(peer, measurement),
    });
  const ingest = {
    id: 'P12',
    what: 'log lines stored a second, 4 runs with batches of 1,000',
    unit: 'per second',
    measurement: 'ingest',
  } as const;
  const readers = (pace: string) => `1,000 readers, ${pace} lines a second`;
  const p99 = (pace: string): Asked => ({
    id: 'P13',
    what: `${readers(pace)}: p99 from append to receipt`,
    unit: 'ms',
    measurement: `p99 ${pace}`,
  });
  const cpu = (pace: string): Asked => ({
    id: 'P13',
    what: `${readers(pace)}: processor time for a line and a reader`,
    unit: 'us',
    measurement: `cpu ${pace}`,
  });
  return [
    against(INSERT_ONE, { ...ingest, goal: { of: 'ratio', least: 50 } }),
    against(INSERT_MANY, { ...ingest, goal: { of: 'ratio', least: 4 } }),
    against(BETTER_SSE, p99('20')),
    against(BETTER_SSE, { ...p99('200'), goal: { of: 'ratio', most: 0.7 } }),
    against(BETTER_SSE, cpu('20')),
    against(BETTER_SSE, { ...cpu('200'), goal: { of: 'figure', most: 1.2 } }),
  ];
}

function notesOf(way: string): string[] {
  return [
    `Database: ${way}. Every durable write waits for the journal (j: true).`,
    'P12: ours checks the token of each run, and numbers and cleans its lines. The peers parse the same batches and check their form. After kill -9 of ours, every acknowledged line was there, under its number.',
    'P13: every reader got every line once. Ours sends a line after it is on the disk; better-sse stores none. 200 lines a second come in batches of ten.',
  ];
}
