import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  ELSEWHERE_PAGE,
  LEAVING_PAGE,
  type PageText,
  PREVIEW_PAGES,
  PROGRAM_REMOVED_PAGE,
  STARTING_PAGE,
} from '../../../app/previews/page-texts.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { violationsOn } from '../../support/dashboard.js';
import { findBrowser, openBrowser } from '../../support/open-browser.js';
import { startPreviewServer } from '../../support/preview-server.js';

const SHOTS = process.env['SHOTS'];
const browser = findBrowser();
const inBrowser = browser ? test : test.skip;
const LONG = 'w'.repeat(63);
const RIGHT_TO_LEFT = '\u05d0\u05d1\u05d2\u05d3'.repeat(30);

/** Each text once: several situations show the same. */
const TEXTS = [
  ...new Map(
    [...Object.values(PREVIEW_PAGES), ELSEWHERE_PAGE, LEAVING_PAGE, PROGRAM_REMOVED_PAGE, STARTING_PAGE].map(
      (text): [string, PageText] => [text.heading, text],
    ),
  ).values(),
];

/** A tone has colours of its own, and a page that watches has one part more. */
const looks = new Set<string>();
const isNewLook = ({ tone, watches, icon }: Pick<PageText, 'tone' | 'watches' | 'icon'>) => {
  const look = [tone, watches, icon === 'skip'].join();
  return !looks.has(look) && looks.add(look).size > 0;
};

async function expectToFit(page: Page, name: string): Promise<void> {
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  expect([name, width]).toEqual([name, 390]);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/visitor-${name.replace(/\W+/g, '-')}.png` });
}

inBrowser(
  'however long the names and reasons are, a page fits a phone, and has no fault in both themes',
  async () => {
    const server = await startPreviewServer();
    await using opened = await openBrowser(browser ?? '');
    const page = await opened.context.newPage();
    await page.setViewportSize({ width: 390, height: 844 });
    for (const text of TEXTS) {
      const shown = { kind: 'page', state: ENVIRONMENT_STATUS.pending } as const;
      const link = { text: `Open ${LONG}.example.com`, url: 'https://example.com/' };
      const reason = `${RIGHT_TO_LEFT} ${LONG.repeat(5)}`;
      server.show({ ...shown, text, title: `acme/${LONG} #7`, reason, link, otherLinks: [link, link] });
      await page.goto(server.url);
      await expectToFit(page, text.heading);
      if (isNewLook(text)) expect([text.heading, await violationsOn(page)]).toEqual([text.heading, []]);
    }
    server.show({ kind: 'unknown' });
    await page.goto(server.url);
    await expectToFit(page, 'unknown');
    expect(await violationsOn(page)).toEqual([]);
    await server.close();
  },
);

inBrowser(
  'the pages of a protected preview fit too: with a form, with an answer to it, and with a sign-in',
  async () => {
    const server = await startPreviewServer();
    await using opened = await openBrowser(browser ?? '');
    const page = await opened.context.newPage();
    await page.setViewportSize({ width: 390, height: 844 });
    await server.publish({ 'index.html': '<h1>Hello</h1>' });
    const rule = { repoId: 1, projectId: 'p1', environmentId: 'e1', slug: 'pr-1-hello' };
    for (const mode of ['password', 'github'] as const) {
      server.protect({ ...rule, mode, passwordVersion: mode === 'password' ? 'v1' : null });
      await page.goto(server.url);
      await expectToFit(page, `protected ${mode}`);
      expect([mode, await violationsOn(page)]).toEqual([mode, []]);
    }
    server.protect({ ...rule, mode: 'password', passwordVersion: 'v1' });
    await page.goto(server.url);
    await page.fill('#password', 'a guess');
    await page.click('form button');
    await page.getByRole('alert').waitFor();
    await expectToFit(page, 'protected with an answer');
    expect(await violationsOn(page)).toEqual([]);
    await server.close();
  },
);
