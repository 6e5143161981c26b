import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { createToken } from '../../src/people/api-token.js';
import { alternate, type Samples } from '../harness/alternate.js';
import { compare, type Row } from '../harness/compare.js';
import type { Bench, Outcome, Setting } from '../harness/setting.js';
import { median } from '../harness/statistics.js';
import { type Database, startDatabase } from '../database/database.js';
import { makeCredentials } from '../ours/credentials.js';
import { startOurs } from '../ours/start-ours.js';
import { fillDatabase } from './fill.js';
import { type Question, QUESTIONS } from './questions.js';

const SIZES = { full: { small: 2_000, large: 200_000 }, short: { small: 200, large: 2_000 } } as const;
/** Requests of one question in one round, after some that warm up. */
const ASKED = { full: 60, short: 5 };

export const lists: Bench = {
  summary: 'every list of the API, among few and among many deployments (P14)',
  rounds: { full: 5, short: 1 },
  run,
};

interface Side {
  readonly name: string;
  readonly port: number;
  readonly token: string;
}

async function run(setting: Setting): Promise<Outcome> {
  const database = await startDatabase(setting);
  const { small, large } = SIZES[setting.size];
  const sides = new Map<string, Side>();
  for (const count of [small, large]) sides.set(String(count), await prepare(setting, { database, count }));
  const operations = [...new Set(QUESTIONS.map(({ operation }) => operation))];
  const samples = await alternate({
    names: [...sides.keys()],
    rounds: setting.rounds,
    async measure(name, round) {
      const side = sides.get(name);
      if (!side) throw new Error(`There is no side ${name}.`);
      setting.say(`round ${round + 1}: ${name} deployments`);
      const figures: Record<string, number> = {};
      for (const question of QUESTIONS)
        figures[question.what] = await medianOf(side, { question, times: ASKED[setting.size] });
      return figures;
    },
  });
  await database.stop();
  return {
    rows: operations.map((one) => rowOf(samples, { operation: one, small, large })),
    notes: notesOf(samples, { small, large }),
  };
}

async function prepare(
  setting: Setting,
  { database, count }: { database: Database; count: number },
): Promise<Side> {
  const name = `lists-${count}`;
  const { child, port } = await startOurs(setting, {
    credentials: makeCredentials(),
    mongodbUri: database.address(name),
    githubUrl: 'http://127.0.0.1:9',
    dataDir: await setting.scratch.disk(name),
  });
  setting.say(`${count} deployments are written`);
  const db = database.client.db(name);
  await fillDatabase(db, count);
  const { token, hash } = createToken('vto');
  const scope = { kind: 'operator', name: 'bench' };
  await db
    .collection<{ _id: string }>('apiTokens')
    .insertOne({ _id: hash, scope, expiresAt: null, createdAt: new Date() } as never);
  void child;
  // The database writes what it got to the disk for a moment.
  await pause(setting.size === 'full' ? 5_000 : 0);
  return { name, port, token };
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

async function medianOf(
  side: Side,
  { question, times }: { question: Question; times: number },
): Promise<number> {
  const taken: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const begun = performance.now();
    await ask(side, question);
    // The first answers come before the caches are warm.
    if (index >= times / 5) taken.push(performance.now() - begun);
  }
  return median(taken);
}

function ask({ port, token }: Side, { path, what }: Question): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { host: `localhost:${port}`, authorization: `Bearer ${token}` };
    const sent = request({ port, host: '127.0.0.1', path, headers, agent }, (response) => {
      response.resume();
      response.on('error', reject).on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${what} was answered with ${response.statusCode}.`));
      });
    });
    sent.on('error', reject).end();
  });
}

interface Sizes {
  readonly small: number;
  readonly large: number;
}

/** The worst question of an operation speaks for it. */
function rowOf(samples: Samples, { operation, small, large }: Sizes & { operation: string }): Row {
  const rows = QUESTIONS.filter((one) => one.operation === operation).map(({ what }) =>
    compare({
      id: 'P14',
      what: `${what} (of ${QUESTIONS.filter((one) => one.operation === operation).length}, the slowest to grow)`,
      unit: 'ms',
      ours: samples.of(String(large), what),
      against: `${small} deployments`,
      theirs: samples.of(String(small), what),
      now: { of: 'ratio', most: 1.2 },
      goal: { of: 'ratio', most: 1.1 },
    }),
  );
  return rows.reduce((worst, row) => ((row.ratio?.median ?? 0) > (worst.ratio?.median ?? 0) ? row : worst));
}

function notesOf(samples: Samples, { small, large }: Sizes): string[] {
  const ratios = QUESTIONS.map(
    ({ what }) => median(samples.of(String(large), what)) / median(samples.of(String(small), what)),
  );
  return [
    `${QUESTIONS.length} questions, each with a page of 20, to two servers over one database server: among ${large.toLocaleString('en')} deployments and as many webhooks ("ours"), and among ${small.toLocaleString('en')} ("theirs"). Medians of the answers over HTTP.`,
    `Over all questions the ratio is ${median(ratios).toFixed(2)} (median) and ${Math.max(...ratios).toFixed(2)} (largest).`,
  ];
}
