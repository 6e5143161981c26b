import { expect, test } from '@jest/globals';
import { ELSEWHERE_PAGE, type PageText, PREVIEW_PAGES } from '../../../app/previews/page-texts.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { findBrowser, openBrowser } from '../../support/open-browser.js';
import { startPreviewServer } from '../../support/preview-server.js';

const browser = findBrowser();
const inBrowser = browser ? test : test.skip;
const LONG = 'w'.repeat(63);
const TEXTS: readonly PageText[] = [
  ELSEWHERE_PAGE,
  PREVIEW_PAGES['skipped-by-rule'],
  PREVIEW_PAGES['build-failed'],
  PREVIEW_PAGES.building,
  PREVIEW_PAGES.removed,
];

inBrowser('however long the names and reasons are, a page fits a phone', async () => {
  const server = await startPreviewServer();
  await using opened = await openBrowser(browser ?? '');
  const page = await opened.context.newPage();
  await page.setViewportSize({ width: 390, height: 844 });
  for (const text of TEXTS) {
    const shown = { kind: 'page', state: ENVIRONMENT_STATUS.pending } as const;
    const link = { text: `Open ${LONG}.example.com`, url: 'https://example.com/' };
    const title = `acme/${LONG} #7`;
    server.show({ ...shown, text, title, reason: LONG.repeat(5), link, otherLinks: [link, link] });
    await page.goto(server.url);
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect([text.heading, width]).toEqual([text.heading, 390]);
  }
  await server.close();
});
