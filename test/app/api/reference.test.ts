import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { OPERATIONS } from '../../../src/contract/openapi.js';
import { violationsOn } from '../../support/dashboard.js';
import { findBrowser, openBrowser } from '../../support/open-browser.js';
import { openPage } from '../../support/page.js';
import { startApp, type TestApp } from '../../support/start-app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => {
  await app.close();
});

test('the reference shows every operation with its path, its parameters, its answers, its errors and a command line', async () => {
  const page = await openPage(`${app.url}/docs/api`);
  for (const [name, { method, path, summary }] of Object.entries(OPERATIONS)) {
    const [shown = ''] = page.texts(`#${name}`);
    expect(shown).toContain(summary.replaceAll('`', ''));
    expect(shown).toContain(`${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
    expect(shown).toContain(`'${app.url}`);
    expect(shown).toMatch(/For: .*Answers.*Errors: .*401/);
  }
  const [extend = ''] = page.texts('#extendEnvironment');
  expect(extend).toContain(`-d '{"duration":"2d"}'`);
  expect(extend).toContain('Idempotency-Key');
  expect(extend).toContain('people who may write to the repository');
  expect(page.texts('#object-EnvironmentView')[0]).toContain('expiresAt');
});

test('the page loads nothing, has no script, and its links lead somewhere', async () => {
  const page = await openPage(`${app.url}/docs/api`);
  expect(page.policy).toContain(`style-src ${page.hashOf('style')}`);
  expect(page.policy).toContain("default-src 'none'");
  expect(page.policy).not.toContain('script-src');
  expect(page.count('script, img, link[rel=stylesheet], iframe')).toBe(0);
  const links = Object.values(page.links);
  const inside = links.filter((link) => link.startsWith('#')).map((link) => link.slice(1));
  expect(inside.length).toBeGreaterThan(20);
  for (const id of inside) expect([id, page.count(`[id="${id}"]`)]).toEqual([id, 1]);
  expect(links.filter((link) => !link.startsWith('#'))).toEqual(['/', '/api/v1/openapi.json']);
  const home = await openPage(app.url);
  expect(Object.values(home.links)).toContain('/docs/api');
});

const browser = findBrowser();
const inBrowser = browser ? test : test.skip;

inBrowser('the page fits a phone and a desk, by day and by night', async () => {
  await using opened = await openBrowser(browser ?? '');
  const page = await opened.context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  for (const width of [390, 1_280]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      await page.goto(`${app.url}/docs/api`);
      await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))");
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
      const [text, ground] = await page.evaluate<string[]>(
        "['color', 'backgroundColor'].map((name) => getComputedStyle(document.body)[name])",
      );
      expect([colorScheme, isLight(ground)]).toEqual([colorScheme, colorScheme === 'light']);
      expect(isLight(text)).toBe(colorScheme === 'dark');
    }
  }
  expect(complaints).toEqual([]);
  // Hundreds of articles are made alike: one operation of each method is looked at, and one object.
  await page.evaluate(`(() => {
    const seen = new Set();
    for (const article of document.querySelectorAll('article')) {
      const kind = article.querySelector('.route b')?.textContent ?? 'object';
      if (seen.has(kind)) article.remove();
      seen.add(kind);
    }
  })()`);
  expect(await page.evaluate<number>("document.querySelectorAll('article').length")).toBeGreaterThan(4);
  expect(await violationsOn(page)).toEqual([]);
});

function isLight(color = ''): boolean {
  const [red = 0, green = 0, blue = 0] = (color.match(/\d+/g) ?? []).map(Number);
  return red + green + blue > 3 * 128;
}
