import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { environmentIdOf, fillDatabase, projectIdOf } from '../lists/fill.js';
import { createToken } from '../../src/people/api-token.js';
import { compare, type Row } from '../harness/compare.js';
import type { Bench, Outcome, Setting } from '../harness/setting.js';
import { median } from '../harness/statistics.js';
import { type Database, startDatabase } from '../database/database.js';
import { makeCredentials } from '../ours/credentials.js';
import { startOurs } from '../ours/start-ours.js';

const SIZES = { full: { small: 1_000, large: 100_000 }, short: { small: 200, large: 2_000 } } as const;
/** Requests of one page in one round; the first ones warm up. */
const ASKED = { full: 100, short: 5 };

export const pages: Bench = {
  summary: 'pages of the dashboard, among few and among many deployments (P21)',
  rounds: { full: 5, short: 1 },
  run,
};

const PAGES = [
  { what: 'overview', path: '/previews' },
  { what: 'overview of a project', path: `/previews?project=${projectIdOf(3)}` },
  { what: 'overview with those that were removed', path: '/previews?status=all' },
  { what: 'overview, searched', path: '/previews?q=pr-1' },
  { what: 'page of a preview', path: `/previews/${environmentIdOf(3)}` },
] as const;

type What = (typeof PAGES)[number]['what'];
interface Side {
  readonly port: number;
  readonly token: string;
}

/** The median of each round, in milliseconds. */
type Taken = Readonly<Record<What, { readonly few: number[]; readonly many: number[] }>>;

async function run(setting: Setting): Promise<Outcome> {
  const database = await startDatabase(setting);
  const { small, large } = SIZES[setting.size];
  const few = await prepare(setting, { database, count: small });
  const many = await prepare(setting, { database, count: large });
  const taken = Object.fromEntries(
    PAGES.map(({ what }) => [what, { few: [], many: [] }]),
  ) as unknown as Taken;
  for (let round = 0; round < setting.rounds; round += 1) {
    setting.say(`round ${round + 1}`);
    for (const page of PAGES) await measure(taken, { few, many, page, times: ASKED[setting.size] });
  }
  await database.stop();
  return {
    rows: PAGES.map(({ what }) => rowOf(taken, { what, small })),
    notes: [
      `Whole pages over HTTP, as a browser asks for them, to two servers over one database server, in turns: among ${large.toLocaleString('en')} deployments ("ours"), and among ${small.toLocaleString('en')} ("theirs"). Medians.`,
    ],
  };
}

interface Measuring {
  readonly few: Side;
  readonly many: Side;
  readonly page: (typeof PAGES)[number];
  readonly times: number;
}

/** Asks both in turns, so that whatever else the machine does slows both. */
async function measure(taken: Taken, { few, many, page, times }: Measuring): Promise<void> {
  const [ofFew, ofMany]: [number[], number[]] = [[], []];
  for (let index = 0; index < times; index += 1) {
    const [first, second] = [await timeOf(few, page.path), await timeOf(many, page.path)];
    // The first answers come before the caches are warm.
    if (index < times / 5) continue;
    ofFew.push(first);
    ofMany.push(second);
  }
  taken[page.what].few.push(median(ofFew));
  taken[page.what].many.push(median(ofMany));
}

async function prepare(
  setting: Setting,
  { database, count }: { readonly database: Database; readonly count: number },
): Promise<Side> {
  const name = `pages-${count}`;
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
  const document = { _id: hash, scope, expiresAt: null, createdAt: new Date() };
  await db.collection<typeof document>('apiTokens').insertOne(document);
  // The database writes what it got to the disk for a moment.
  await pause(setting.size === 'full' ? 5_000 : 0);
  return { port, token };
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Until the last byte has come. */
function timeOf({ port, token }: Side, path: string): Promise<number> {
  const begun = performance.now();
  const headers = {
    ...{ host: `localhost:${port}`, authorization: `Bearer ${token}` },
    ...{ accept: 'text/html', 'accept-encoding': 'gzip, deflate, br' },
  };
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, headers, agent }, (response) => {
      response.resume();
      response.on('error', reject).on('end', () => {
        const isPage = response.headers['content-type']?.startsWith('text/html');
        if (response.statusCode === 200 && isPage) resolve(performance.now() - begun);
        else reject(new Error(`${path} was answered with ${response.statusCode}.`));
      });
    });
    sent.on('error', reject).end();
  });
}

function rowOf(taken: Taken, { what, small }: { readonly what: What; readonly small: number }): Row {
  return compare({
    id: 'P21',
    what,
    unit: 'ms',
    ours: taken[what].many,
    against: `${small.toLocaleString('en')} deployments`,
    theirs: taken[what].few,
    now: { of: 'ratio', most: 1.2 },
    goal: { of: 'ratio', most: 1.2 },
  });
}
