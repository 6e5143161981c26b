import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  COMMIT_PAGES,
  ELSEWHERE_PAGE,
  type PageText,
  PREVIEW_PAGES,
} from '../../../app/previews/page-texts.js';
import { createPreviewPages } from '../../../app/previews/wait-pages.js';
import type { SituationKind } from '../../../src/deployments/situation.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { readPage } from '../../support/page.js';
import { startPreviewServer } from '../../support/preview-server.js';

const pages = createPreviewPages(join(process.cwd(), 'templates'));
const REMOVED = {
  kind: 'page',
  state: ENVIRONMENT_STATUS.destroyed,
  text: PREVIEW_PAGES.removed,
} as const;

interface Expected {
  readonly status: number;
  readonly retryAfter?: number;
  readonly watches: boolean;
}

const COMING = { status: 503, retryAfter: 5, watches: true };
const GONE = { status: 410, watches: true };
const BROKEN = { status: 502, watches: true };
/** Nothing comes by itself: nobody is told to ask again. */
const NONE = { status: 404, watches: false };
const previewPages: Record<SituationKind, Expected> = {
  waiting: COMING,
  'awaiting-approval': { ...COMING, retryAfter: 60 },
  'skipped-by-rule': { status: 404, watches: true },
  building: COMING,
  'building-while-live': COMING,
  live: COMING,
  asleep: COMING,
  'build-failed': BROKEN,
  'failed-while-live': BROKEN,
  'build-cancelled': { status: 404, watches: true },
  replaced: NONE,
  'newer-commit': NONE,
  'build-removed': { status: 410, watches: false },
  'being-removed': GONE,
  removed: GONE,
  'never-live': GONE,
};
const kinds = Object.keys(previewPages) as SituationKind[];
const expected: [string, PageText, Expected][] = [
  ...kinds.map((kind): [string, PageText, Expected] => [kind, PREVIEW_PAGES[kind], previewPages[kind]]),
  ['a commit that waits', COMMIT_PAGES.waiting, COMING],
  ['a commit that is built', COMMIT_PAGES.building, COMING],
  ['a commit that was live', COMMIT_PAGES.live, { status: 410, watches: false }],
  ['elsewhere', ELSEWHERE_PAGE, NONE],
];

/** The state is public and has a word of its own; what a page says goes by its text. */
const STATE = ENVIRONMENT_STATUS.updating;

test.each(expected)(
  'what is %s has a page that says whether to come back, and when',
  async (_, text, page) => {
    await using server = await disposable();
    server.show({ kind: 'page', state: STATE, text, title: 'octo/site #7', reason: 'because' });
    const answer = await server.ask('/some/page?x=1');
    const { status, retryAfter, watches } = page;
    expect(answer.status).toBe(status);
    expect(answer.headers['retry-after']).toBe(retryAfter === undefined ? undefined : String(retryAfter));
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-robots-tag': 'noindex' });
    for (const part of ['octo/site #7', 'because', 'pr-1-hello', `data-state="${STATE}"`]) {
      expect(answer.text).toContain(part);
    }
    for (const part of ['http-equiv="refresh"', '<script>', 'Watching for changes']) {
      expect(answer.text.includes(part)).toBe(watches);
    }
    const watched = await server.ask('/.well-known/vitrine/status');
    expect(watched.status).toBe(200);
    expect(watched.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(watched.text)).toEqual({ state: STATE, live: false });
  },
);

test('a page says what is known of this preview instead of what is true of most', () => {
  const waiting = {
    ...REMOVED,
    message: 'Its pull request was merged.',
  } as const;
  const html = pages.render({ page: waiting }).body.toString();
  expect(html).toContain('Its pull request was merged.');
  expect(html).not.toContain('shows why');
});

test('an unknown preview is 404, and its page notices when it goes live', async () => {
  await using server = await disposable();
  const answer = await server.ask('/');
  expect(answer.status).toBe(404);
  expect(answer.text).toContain('data-state="unknown"');
  await server.publish({ 'index.html': 'live', '.well-known/vitrine/status': 'not mine' });
  const watched = await server.ask('/.well-known/vitrine/status?t=1');
  expect(JSON.parse(watched.text)).toEqual({ state: 'live', live: true });
  expect((await server.ask('/.well-known/vitrine/other')).status).toBe(404);
});

const looks: [string, string, object, boolean][] = [
  [
    ENVIRONMENT_STATUS.destroyed,
    '/.well-known/vitrine/status',
    { state: ENVIRONMENT_STATUS.destroyed },
    false,
  ],
  [ENVIRONMENT_STATUS.destroyed, '/.well-known/vitrine/status', { state: 'live' }, true],
  ['broken', 'http://here/page', { status: 500, state: 'live' }, false],
  ['broken', 'http://here/page', { status: 200 }, true],
  ['broken', 'http://here/page', { status: 404 }, true],
];
test.each(looks)(
  'a page that shows %s asks %s; with %j it shows itself anew: %s',
  async (state, at, given, anew) => {
    const html = pages.render({ page: state === 'broken' ? 'broken' : REMOVED }).body.toString();
    const output = execFileSync(process.execPath, [
      '-e',
      inBrowser(readPage(html).source('script'), { state, given }),
    ]);
    const { seen, timers } = JSON.parse(output.toString()) as { seen: string[]; timers: number };
    expect(seen).toEqual(anew ? [at, 'reload'] : [at]);
    expect(timers).toBe(anew ? 0 : 1);
  },
);

/** As much of a browser as the script of a page knows; its first timer is up at once. */
function inBrowser(script: string, { state, given }: { state: string; given: object }): string {
  return `const seen = [], timers = [], given = ${JSON.stringify(given)};
    globalThis.document = { documentElement: { dataset: { state: '${state}' } }, addEventListener() {} };
    globalThis.location = { href: 'http://here/page', reload: () => void seen.push('reload') };
    globalThis.fetch = async (url) => (seen.push(url), { status: 200, ...given, json: async () => given });
    globalThis.setTimeout = (look) => timers.push(look);
    ${script}
    timers.shift()().then(() => console.log(JSON.stringify({ seen, timers: timers.length })));`;
}

test('the policy of a page allows exactly its own style and script', () => {
  const { body, policy } = pages.render({ page: REMOVED });
  const page = readPage(body.toString());
  for (const tag of ['style', 'script'] as const) {
    expect(page.source(tag).length).toBeGreaterThan(100);
    expect(policy).toContain(`${tag}-src ${page.hashOf(tag)}`);
  }
  expect(policy).toContain("default-src 'none'");
  expect(page.html).not.toMatch(/(src|href)="(?!data:,)/);
});

test('what comes from outside is text, never markup, and only web addresses become links', () => {
  const evil = '<img src=x onerror=alert(1)>';
  const render = (url: string) =>
    pages
      .render({
        label: evil,
        page: {
          ...REMOVED,
          title: evil,
          reason: evil,
          link: { text: evil, url },
          otherLinks: [{ text: evil, url }],
        },
      })
      .body.toString();
  expect(render('https://ci.example/run/1')).toContain('https://ci.example/run/1');
  expect(render('https://ci.example/')).not.toContain('<img');
  expect(render('javascript:alert(1)')).not.toContain('javascript:');
  expect(render('https://x/" onclick="y')).not.toContain('" onclick');
});

async function disposable() {
  const server = await startPreviewServer();
  return { ...server, [Symbol.asyncDispose]: server.close };
}
