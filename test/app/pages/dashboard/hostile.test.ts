import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { PAGES } from '../../../../src/contract/dashboard/pages.js';
import type { Operation } from '../../../../src/contract/operation.js';
import { BRANCH_NAMES } from '../../../shared/branch-names.js';
import { attacksOf, HOSTILE_TEXTS } from '../../../shared/hostile-texts.js';
import { openDashboard } from '../../../support/dashboard.js';
import { bare, faultsOf, wordsOf } from '../../../support/examine-page.js';
import { fillWithTexts, type Filled } from '../../../support/fill-with-texts.js';
import { findBrowser } from '../../../support/open-browser.js';
import { type Receiver, startReceiver } from '../../../support/receiver.js';
import { AUTHOR, startWorld, type World } from '../../../support/start-world.js';

const SHOTS = process.env['SHOTS'];
const when = findBrowser() === undefined ? test.skip : test;

type Name = keyof typeof PAGES;
const SHOWN = (Object.entries(PAGES) as [Name, Operation][]).filter(
  ([, { method, answers }]) => method === 'GET' && answers[200] === 'page',
);

let world: World;
let canary: Receiver;
let texts: readonly string[];
let filled: Filled;

beforeAll(async () => {
  canary = await startReceiver();
  const attacks = attacksOf(canary.url);
  texts = [...HOSTILE_TEXTS, ...attacks];
  world = await startWorld({
    admins: AUTHOR,
    files: {
      'index.html': '<h1>Hello</h1>\n',
      'package.json': JSON.stringify({ scripts: { build: attacks[0] }, engines: { node: attacks[1] } }),
      '.nvmrc': `${String(attacks[0])}\n`,
    },
  });
  filled = await fillWithTexts(world, { texts, branches: BRANCH_NAMES });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await canary[Symbol.asyncDispose]();
});

/** The address of a page, by the document that it declares. A page of another kind of document needs an id here. */
function pathOf(name: string, { path, resource, params }: Operation): string {
  if (!params) return path;
  const of = resource ? Object.keys(resource)[0] : undefined;
  const id = of === undefined ? undefined : filled.ids[of];
  if (id === undefined) throw new Error(`The page ${name} shows a ${String(of)}: give fillWithTexts one.`);
  const whole = path.replace(':id', id);
  if (whole.includes(':')) throw new Error(`The page ${name} has a parameter that this test does not know.`);
  return whole;
}

/** What attacks in each field of the address that takes words and does not name a document. */
function attacked({ query }: Operation): string {
  const attack = '"><svg onload=hacked=1>';
  const fields = Object.entries(query?.().shape ?? {}).filter(
    ([name, schema]) => !['cursor', 'project'].includes(name) && z.safeParse(schema, attack).success,
  );
  return String(new URLSearchParams(Object.fromEntries(fields.map(([name]) => [name, attack]))));
}

when('whatever texts from outside are shown on a page, they are text, and do nothing', async () => {
  await using opened = await openDashboard(world);
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const host = new URL(world.app.url).host;
  const asked = new Set<string>();
  page.on('request', (request) => void asked.add(new URL(request.url()).host));
  const visited = new URL(filled.previewUrl).host;
  const links = [host, new URL(world.github.url).host, 'github.com', 'docs.github.com', 'hello.example.com'];
  const wrong: unknown[] = [];
  /** The page, and those with older rows. */
  const examine = async (name: string, url: string, shown: readonly string[] = []) => {
    let words = '';
    for (let next: string | null = url; next !== null;) {
      const answer = await page.goto(next);
      words += await wordsOf(page);
      const faults = await faultsOf(page, links);
      if (![200, 502].includes(answer?.status() ?? 0) || faults.length > 0)
        wrong.push({ name, status: answer?.status(), faults });
      if (SHOTS) await page.screenshot({ path: `${SHOTS}/hostile-${name}.png` });
      const older = page.locator('nav.pages a', { hasText: 'Older' });
      next = (await older.count()) > 0 ? new URL((await older.getAttribute('href')) ?? '', next).href : null;
    }
    const missing = shown.filter((text) => !words.includes(bare(text)));
    if (missing.length > 0) wrong.push({ name, missing: missing.map((text) => text.slice(0, 200)) });
  };
  for (const [name, operation] of SHOWN) {
    const url = `${world.app.url}${pathOf(name, operation)}`;
    await examine(name, url, filled.shown[name]);
    const query = attacked(operation);
    if (query !== '') await examine(`${name}-asked`, `${url}?${query}`);
  }
  await examine('visitors', filled.previewUrl);
  expect(wrong).toEqual([]);
  expect(Object.keys(filled.shown).filter((name) => !SHOWN.some(([known]) => known === name))).toEqual([]);
  // Nothing is live, which Chromium calls an error.
  const others = complaints.filter((text) => !text.includes('status of 502'));
  expect({ others, dialogs }).toEqual({ others: [], dialogs: [] });
  expect([...asked]).toEqual([host, visited]);
  expect(canary.requests).toEqual([]);
});
