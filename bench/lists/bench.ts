import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { createToken } from '../../src/people/api-token.js';
import { compare, type Row } from '../harness/compare.js';
import type { Bench, Outcome, Setting } from '../harness/setting.js';
import { median, ratioOf } from '../harness/statistics.js';
import { type Database, startDatabase } from '../database/database.js';
import { makeCredentials } from '../ours/credentials.js';
import { startOurs } from '../ours/start-ours.js';
import { fillDatabase } from './fill.js';
import { type Question, QUESTIONS } from './questions.js';

const SIZES = { full: { small: 2_000, large: 200_000 }, short: { small: 200, large: 2_000 } } as const;
/** Requests of one question in one round; the first ones warm up. */
const ASKED = { full: 60, short: 5 };

export const lists: Bench = {
  summary: 'every list of the API, among few and among many deployments (P14)',
  rounds: { full: 5, short: 1 },
  run,
};

interface Side {
  readonly port: number;
  readonly token: string;
}

async function run(setting: Setting): Promise<Outcome> {
  const database = await startDatabase(setting);
  const { small, large } = SIZES[setting.size];
  const few = await prepare(setting, { database, count: small });
  const many = await prepare(setting, { database, count: large });
  const operations = [...new Set(QUESTIONS.map(({ operation }) => operation))];
  const taken: Taken = new Map(QUESTIONS.map(({ what }) => [what, { few: [], many: [] }]));
  for (let round = 0; round < setting.rounds; round += 1) {
    setting.say(`round ${round + 1}`);
    for (const question of QUESTIONS)
      await measure(taken, { few, many, question, times: ASKED[setting.size] });
  }
  await database.stop();
  return {
    rows: operations.map((operation) => rowOf(taken, { operation, small })),
    notes: notesOf(taken, { small, large }),
  };
}

/** Milliseconds of each round, by question. */
type Taken = ReadonlyMap<string, { readonly few: number[]; readonly many: number[] }>;

interface Measuring {
  readonly few: Side;
  readonly many: Side;
  readonly question: Question;
  readonly times: number;
}

/** Asks both in turns, so that whatever else the machine does slows both. */
async function measure(taken: Taken, { few, many, question, times }: Measuring): Promise<void> {
  const ofFew: number[] = [];
  const ofMany: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const [first, second] = [await timeOf(few, question), await timeOf(many, question)];
    // The first answers come before the caches are warm.
    if (index < times / 5) continue;
    ofFew.push(first);
    ofMany.push(second);
  }
  const sides = taken.get(question.what);
  sides?.few.push(median(ofFew));
  sides?.many.push(median(ofMany));
}

async function timeOf(side: Side, question: Question): Promise<number> {
  const begun = performance.now();
  await ask(side, question);
  return performance.now() - begun;
}

async function prepare(
  setting: Setting,
  { database, count }: { database: Database; count: number },
): Promise<Side> {
  const name = `lists-${count}`;
  const { port } = await startOurs(setting, {
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
  // The database writes what it got to the disk for a moment.
  await pause(setting.size === 'full' ? 5_000 : 0);
  return { port, token };
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

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
function rowOf(
  taken: Taken,
  { operation, small }: Pick<Sizes, 'small'> & { readonly operation: string },
): Row {
  const questions = QUESTIONS.filter((one) => one.operation === operation);
  const rows = questions.map(({ what }) =>
    compare({
      id: 'P14',
      what: `${what} (of ${questions.length}, the one that grows most)`,
      unit: 'ms',
      ours: taken.get(what)?.many ?? [],
      against: `${small.toLocaleString('en')} deployments`,
      theirs: taken.get(what)?.few ?? [],
      now: { of: 'ratio', most: 1.2 },
      goal: { of: 'ratio', most: 1.1 },
    }),
  );
  return rows.reduce((worst, row) => ((row.ratio?.median ?? 0) > (worst.ratio?.median ?? 0) ? row : worst));
}

function notesOf(taken: Taken, { small, large }: Sizes): string[] {
  const ratios = [...taken.values()].map(({ few, many }) => ratioOf(many, few).median);
  return [
    `${QUESTIONS.length} questions, each with a page of 20, to two servers over one database server, in turns: among ${large.toLocaleString('en')} deployments and as many webhooks ("ours"), and among ${small.toLocaleString('en')} ("theirs"). Medians of the answers over HTTP.`,
    `Over all questions the ratio is ${median(ratios).toFixed(2)} (median), and ${Math.max(...ratios).toFixed(2)} (largest).`,
  ];
}
