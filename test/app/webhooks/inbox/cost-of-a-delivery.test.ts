import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { EmulatedGitHub } from '../../../../demo/github/emulated-github.js';
import { startTestGitHub } from '../../../support/start-test-github.js';
import { DELIVERY_STATUS } from '../../../../src/shared/status/words.js';
import { startCountedApp, type Command, type CountedApp } from './counted-app.js';

const REPOSITORY = 'acme/hello';
const WRITES = ['insert', 'update', 'findAndModify'];

let github: EmulatedGitHub;
let app: CountedApp;

beforeEach(async () => {
  github = await startTestGitHub({
    users: ['octavia'],
    repositories: [{ fullName: REPOSITORY, files: { 'index.html': 'Hello' } }],
  });
  app = await startCountedApp(github);
});
afterEach(async () => {
  await app[Symbol.asyncDispose]();
  await github.close();
});

const READS = ['GET collaborators', 'GET contents'];
const TOLD = ['POST check-runs', 'POST issues'];
const TOKENS = ['POST app'];

test('the first pull request of an installation asks GitHub side by side, the next one asks nothing', async () => {
  await opened('one');
  expect(inOrder()).toEqual([...TOKENS, ...READS, ...TOLD]);
  github.forgetRequests();
  await opened('two');
  expect(inOrder()).toEqual(TOLD);
});

test('one pull request, from its webhook to its comment and check: these commands and no more', async () => {
  await opened('one');
  app.sent.length = 0;
  await opened('two');
  const onTheWay = {
    'insert webhookDeliveries': 1,
    'findAndModify webhookDeliveries': 1,
    'find repos': 1,
    'find projects': 1,
    // Whether it is known.
    'find environments': 1,
    // How many there are already.
    'aggregate environments': 1,
    // Made and decided, then written down that GitHub will be told.
    'insert environments': 1,
    'update environments': 1,
  };
  expect(sum(onTheWay)).toBe(8);
  const besideAndAfter = {
    // GitHub's word of the check that we wrote, which needs no second look.
    'insert webhookDeliveries': 1,
    'insert deployments': 1,
    // Whether others were admitted at the same moment.
    'aggregate environments': 1,
    // What was sent, and that no more is due.
    'update environments': 1,
    'update webhookDeliveries': 1,
  };
  // The worker also looks whether there is more, and that may still be counted here: it finds nothing.
  const looks = { 'findAndModify webhookDeliveries': 1 };
  const all = added(onTheWay, besideAndAfter);
  expect([all, added(all, looks)]).toContainEqual(counted(app.sent));
});

test('two of those commands wait for the journal: the delivery, and that GitHub will be told', async () => {
  await opened('one');
  app.sent.length = 0;
  await opened('two');
  const waiting = app.sent.filter((command) => writes(command) && waitsForJournal(command));
  // The second insert is GitHub's word of the check that we wrote.
  expect(Object.entries(counted(waiting)).sort()).toEqual([
    ['insert webhookDeliveries', 2],
    ['update environments', 1],
  ]);
});

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}

function added(...all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [what, count] of all.flatMap(Object.entries<number>)) total[what] = (total[what] ?? 0) + count;
  return total;
}

function writes(command: Command): boolean {
  return WRITES.some((name) => command[name] !== undefined);
}

function waitsForJournal({ writeConcern }: Command): boolean {
  return (writeConcern as { j?: boolean; journal?: boolean } | undefined)?.j !== false;
}

test('a pull request of which nothing new is told costs no write of repository or person', async () => {
  const number = await opened('one');
  app.sent.length = 0;
  github.labelPullRequest({ repository: REPOSITORY, number, label: 'docs' });
  await app.drain();
  const written = Object.keys(counted(app.sent)).filter((what) => WRITES.includes(what.split(' ')[0] ?? ''));
  expect(written.sort()).toEqual([
    'findAndModify environments',
    'findAndModify webhookDeliveries',
    'insert webhookDeliveries',
    'update environments',
    'update webhookDeliveries',
  ]);
});

async function opened(head: string): Promise<number> {
  const { pullRequest } = await github.openPullRequest({ repository: REPOSITORY, head });
  await app.drain();
  return pullRequest.number;
}

/** What was asked of GitHub: wave after wave, and within a wave, whose calls go side by side, by name. */
function inOrder(): string[] {
  const calls = github
    .requests()
    .map(({ method, path }) => `${method} ${path.replace(`/repos/${REPOSITORY}`, '').split('/')[1] ?? ''}`);
  const waves = calls.map((call) => [TOKENS, READS, TOLD].findIndex((wave) => wave.includes(call)));
  expect(waves).toEqual([...waves].sort());
  return [0, 1, 2].flatMap((wave) => calls.filter((_call, index) => waves[index] === wave).sort());
}

/** How often each kind of command was sent, without those that only look for work or prolong a lease. */
function counted(commands: readonly Command[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const command of commands.filter((one) => !looksForWork(one) && !prolongs(one))) {
    const [name = ''] = Object.keys(command);
    const what = `${name} ${String(command[name])}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

function looksForWork({ find, findAndModify, filter, query }: Command): boolean {
  if (findAndModify === 'notifications' || 'announcedAt' in Object(filter)) return true;
  if (find === 'webhookDeliveries') return (filter as { status?: string }).status === DELIVERY_STATUS.stored;
  return (
    findAndModify === 'environments' && Object.keys(query as object).some((key) => key.startsWith('due.'))
  );
}

/** On a slow machine. */
function prolongs({ update, updates }: Command): boolean {
  return (
    update === 'environments' && /^\[{"\$set":{"lease\.report\.until"/.test(JSON.stringify(first(updates)))
  );
}

function first(updates: unknown): unknown {
  return (updates as readonly { readonly u: unknown }[])[0]?.u;
}
