import { alternate, type Samples } from '../harness/alternate.js';
import { compare, type Comparison, type Row } from '../harness/compare.js';
import type { Bench, Outcome, Setting } from '../harness/setting.js';
import { CONNECTIONS, measureReceiver } from './measure.js';
import { OURS, surround } from './receivers.js';

const FLOOR = 'parse-only';
const PROBOT = 'probot-no-op';
const INSERT = 'insert-one';
const MONGOOSE = 'probot-mongoose';

const LABELS: Readonly<Record<string, string>> = {
  [FLOOR]: 'floor: node:http, HMAC, JSON.parse, nothing stored',
  [PROBOT]: 'bare Probot 14, no-op, nothing stored',
  [INSERT]: 'node:http, HMAC, insertOne',
  [MONGOOSE]: 'Probot 14 and mongoose, 3 writes',
};

export const webhooks: Bench = {
  summary: 'webhooks taken in durably: acknowledgements, latency, bursts, database commands (P1-P4)',
  rounds: { full: 5, short: 1 },
  run,
};

async function run(setting: Setting): Promise<Outcome> {
  const around = await surround(setting, { delayMs: 0, limits: 'off' });
  const samples = await alternate({
    names: [FLOOR, PROBOT, INSERT, MONGOOSE, OURS],
    rounds: setting.rounds,
    async measure(name, round) {
      const figures = await measureReceiver(around, { name, round });
      setting.say(`round ${round + 1}: ${name} ${Math.round(figures['acks 128'] ?? 0)}/s at 128 connections`);
      return figures;
    },
  });
  const { way } = around.database;
  await around.database.stop();
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
  return [...acknowledgements(against), ...applied(against), ...latencies(against), ...commands(against)];
}

type Against = (peer: string, asked: Asked) => Row;

function acknowledgements(against: Against): Row[] {
  return CONNECTIONS.flatMap((connections) => {
    const asked = {
      id: 'P1',
      what: `durable acks, ${connections} connections`,
      unit: 'per second',
      measurement: `acks ${connections}`,
    } as const;
    const goal = (least: number) => (connections === 128 ? { goal: { of: 'ratio', least } as const } : {});
    const now = connections === 32 ? { now: { of: 'ratio', least: 0.9 } as const } : {};
    return [
      against(PROBOT, { ...asked, ...now, ...goal(1.25) }),
      against(INSERT, { ...asked, ...goal(2) }),
      against(MONGOOSE, { ...asked, ...goal(9) }),
      against(FLOOR, { ...asked, ...goal(0.75) }),
    ];
  });
}

function applied(against: Against): Row[] {
  const asked = {
    id: 'P2',
    what: 'deliveries a second until the documents say it, 32 connections',
    unit: 'per second',
    measurement: 'applied',
  } as const;
  return [
    against(INSERT, { ...asked, goal: { of: 'ratio', least: 1 } }),
    against(MONGOOSE, { ...asked, goal: { of: 'ratio', least: 5 } }),
  ];
}

function latencies(against: Against): Row[] {
  const open = { id: 'P3', what: '300 webhooks a second: p99', unit: 'ms', measurement: 'open p99' } as const;
  const burst = { id: 'P3', what: 'burst of 200: last ack', unit: 'ms', measurement: 'burst' } as const;
  return [
    against(INSERT, { ...open, goal: { of: 'ratio', most: 1.1 } }),
    against(MONGOOSE, { ...open, goal: { of: 'ratio', most: 0.5 } }),
    against(PROBOT, { ...burst, goal: { of: 'ratio', most: 1.15 } }),
    against(MONGOOSE, { ...burst, goal: { of: 'ratio', most: 0.4 } }),
  ];
}

function commands(against: Against): Row[] {
  const asked = { id: 'P4', unit: 'commands' } as const;
  const limit = (most: number) => ({ goal: { of: 'figure', most } as const });
  return [
    against(INSERT, {
      ...asked,
      what: 'insert commands a delivery, alone',
      measurement: 'commands alone',
      ...limit(1),
    }),
    against(INSERT, {
      ...asked,
      what: 'insert commands a delivery, 32 connections',
      measurement: 'commands 32',
      ...limit(0.07),
    }),
    against(INSERT, {
      ...asked,
      what: 'insert commands a delivery, 128 connections',
      measurement: 'commands 128',
      ...limit(0.03),
    }),
  ];
}

function notesOf(way: string): string[] {
  return [
    'Of each delivery the peers keep a dozen fields, ours what its handlers read.',
    `Database: ${way}. Every durable write waits for the journal (j: true).`,
    'P1: a signed pull_request event of 23.7 kB each, with a delivery id of its own. No answer but 2xx was given, and after kill -9 every acknowledged delivery of ours was in the inbox.',
    'P2: ours acknowledges first and works afterwards; the peers do their writes before they answer. While webhooks pour in ours works slowly on purpose, so that answers stay quick.',
  ];
}
