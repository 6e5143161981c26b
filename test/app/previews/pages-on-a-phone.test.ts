import { expect, test } from '@jest/globals';
import type { PageState } from '../../../app/previews/preview.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { findBrowser, openBrowser } from '../../support/open-browser.js';
import { startPreviewServer } from '../../support/preview-server.js';

const browser = findBrowser();
const inBrowser = browser ? test : test.skip;
const LONG = 'w'.repeat(63);
const STATES: readonly PageState[] = [
  'elsewhere',
  'declined',
  DEPLOYMENT_STATUS.failed,
  DEPLOYMENT_STATUS.running,
  ENVIRONMENT_STATUS.destroyed,
];

inBrowser('however long the names and reasons are, a page fits a phone', async () => {
  const server = await startPreviewServer();
  await using opened = await openBrowser(browser ?? '');
  const page = await opened.context.newPage();
  await page.setViewportSize({ width: 390, height: 844 });
  for (const state of STATES) {
    const link = { text: `Open ${LONG}.example.com`, url: 'https://example.com/' };
    server.show({ kind: 'page', state, title: `acme/${LONG} #7`, reason: LONG.repeat(5), link });
    await page.goto(server.url);
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect([state, width]).toEqual([state, 390]);
  }
  await server.close();
});
