import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { putToSleep, SETTLE_MS } from '../../src/reconcile/sleep.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { eventually, expectThat } from '../expect.js';
import { createReviewer } from '../reviewer.js';
import { runWorkflow } from '../run-workflow.js';
import { AUTHOR, GUESTBOOK, type Stage } from '../stage.js';
import { visit } from '../visit.js';
import { openBook, sign, visitDuring } from './book.js';

/** A pull request of the guestbook, once its preview was live. */
export interface OpenBook {
  readonly number: number;
  readonly branch: string;
  readonly url: string;
}

/** What `-- --once` prints of the second story. */
export interface PlayedGuestbook {
  readonly previewUrl: string;
  readonly pullRequest: number;
  /** Visits while a newer version took the place of the older one: all of them got the page. */
  readonly visitsDuringPush: number;
}

const PAGE = 'public/index.html';
const titled = (stage: Stage, title: string) => ({
  [PAGE]: (stage.github.filesAt(GUESTBOOK, 'main')[PAGE] ?? '').replace('<h1>Guestbook<', `<h1>${title}<`),
});

/** The second story: a Node server, live, signed, changed without a gap, asleep, woken, and gone. */
export async function playGuestbook(stage: Stage): Promise<PlayedGuestbook> {
  const book = await openGuestbook(stage, 'welcome');
  const title = 'Guestbook of the world';
  const visitsDuringPush = await pushGuestbook(stage, { book, title });
  await leaveGuestbook(stage, { book, title });
  await closeGuestbook(stage, book);
  return { previewUrl: book.url, pullRequest: book.number, visitsDuringPush };
}

/** Opens a pull request, runs its workflow, and signs the book of its preview. */
export async function openGuestbook(stage: Stage, branch: string): Promise<OpenBook> {
  const { github, teller } = stage;
  const title = 'Welcome to the guestbook';
  const opened = await teller.step('Octavia opens a pull request of a Node server: a guestbook', () =>
    github.openPullRequest({
      repository: GUESTBOOK,
      author: AUTHOR,
      title: 'Welcome everybody',
      head: branch,
      files: titled(stage, title),
    }),
  );
  const { number, head } = opened.pullRequest;
  const url = await teller.step('The Action uploads the program, and Vitrine starts it', () =>
    deployed(stage, { number, sha: head.sha }),
  );
  await teller.step(`The guestbook is live at ${url}`, async () => shows(url, title));
  await teller.step('A visitor signs it, and another one sees the entry at once, by WebSocket', async () => {
    const reader = await openBook(url);
    await sign(url, { name: 'Ada', text: 'Hello from a preview' });
    await reader.sees('Hello from a preview');
    reader.leave();
    await shows(url, 'Hello from a preview');
  });
  return { number, branch, url };
}

interface Titled {
  readonly book: OpenBook;
  readonly title: string;
}

/** Pushes a commit while people visit; answers how many visits there were. */
export async function pushGuestbook(stage: Stage, { book, title }: Titled): Promise<number> {
  const { github, teller } = stage;
  const { number, branch, url } = book;
  const { sha } = await teller.step('Octavia pushes another commit to it', () =>
    github.push({ repository: GUESTBOOK, branch, message: 'Greet the world', files: titled(stage, title) }),
  );
  const { visits } = await teller.step(
    'The new version starts beside the old one: no visitor meets a gap',
    () =>
      visitDuring(
        url,
        deployed(stage, { number, sha }).then(() => shows(url, title)),
      ),
  );
  return visits;
}

const AN_HOUR_MS = 60 * 60_000;

/** Nobody visits for an hour, which the demo does not wait for: it asks the server to look with a clock that is ahead. */
export async function leaveGuestbook(stage: Stage, { book: { url }, title }: Titled): Promise<void> {
  const { app, teller } = stage;
  await teller.step(
    'An hour without a visitor (by a clock that is ahead): the program is put to sleep',
    async () => {
      for (const ahead of [AN_HOUR_MS, AN_HOUR_MS + SETTLE_MS])
        await putToSleep({ ...app.ports, clock: { now: () => new Date(Date.now() + ahead) } });
      const { body } = await visit(new URL('/.well-known/vitrine/status', url).href);
      expectThat(
        body.includes(ENVIRONMENT_STATUS.sleeping),
        `The guestbook should sleep, but its status is ${body}.`,
      );
    },
  );
  await teller.step('A visitor comes: the program is started again, and answers them', () =>
    shows(url, title),
  );
}

/** Closes the pull request: nothing of its program is left. */
export async function closeGuestbook(stage: Stage, { number, url }: OpenBook): Promise<void> {
  const { app, github, teller } = stage;
  github.closePullRequest({ repository: GUESTBOOK, number });
  await teller.step(
    'Octavia closes the pull request: the program is ended, and its files are gone',
    async () => {
      await eventually(async () => (await visit(url)).status, {
        until: (status) => status === 410,
        otherwise: `${url} should be gone (410).`,
      });
      await app.drain();
      const left = await stage.programs();
      expectThat(left.length === 0, `No program should be left, but there is ${left.join(', ')}.`);
    },
  );
}

/** Runs the workflow and answers the URL of the preview. */
async function deployed(
  stage: Stage,
  { number, sha }: { readonly number: number; readonly sha: string },
): Promise<string> {
  const { github, root } = stage;
  const run = await runWorkflow(stage, {
    number,
    repository: GUESTBOOK,
    // The demo works without a network: its one dependency comes from this repository, as from a cache of the workflow.
    restored: async (workspace) => {
      const folder = join(workspace, 'node_modules/ws');
      await mkdir(folder, { recursive: true });
      await cp(join(root, 'node_modules/ws'), folder, { recursive: true });
    },
    inputs: { 'install-command': 'npm ls ws' },
  });
  expectThat(run.exitCode === 0, `The Action failed:\n${run.log.slice(-3_000)}`);
  const reviewer = createReviewer({ github, repository: GUESTBOOK, login: AUTHOR });
  await eventually(() => reviewer.checks(sha), {
    until: ([check]) => check?.conclusion === CONCLUSION.success,
    otherwise: 'The check should be green.',
  });
  return run.outputs['preview-url'] ?? '';
}

async function shows(url: string, text: string): Promise<void> {
  await eventually(async () => (await visit(url)).body, {
    until: (body) => body.includes(text),
    otherwise: `${url} should show "${text}".`,
  });
}
