import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { envToConfig } from '../../../../app/config/config.js';
import { envToSecrets } from '../../../../app/config/secrets.js';
import { createApp } from '../../../../app/create-app.js';
import { until } from '../../../contracts/until.js';
import { newEnvironment, pullRequest } from '../../../support/builders.js';
import { openDashboard, violationsOn } from '../../../support/dashboard.js';
import { lookAt } from '../../../support/look-at.js';
import { findBrowser } from '../../../support/open-browser.js';
import { begin } from '../../../support/run-by-hand.js';
import { environmentFor, openPullRequest, startWorld, type World } from '../../../support/start-world.js';

const when = findBrowser() === undefined ? test.skip : test;
const SHOTS = process.env['SHOTS'];
const MOST_BYTES = 60_000;
const ROWS = 50;

/** What the browser loads from now on: bytes as they come over the wire, with their headers. */
async function recordNetwork(page: Page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const open = new Set<string>();
  const hosts = new Set<string>();
  let bytes = 0;
  session.on('Network.requestWillBeSent', ({ requestId, request, type }) => {
    if (request.url.startsWith('data:')) return;
    hosts.add(new URL(request.url).host);
    // It ends with the page.
    if (type !== 'EventSource') open.add(requestId);
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    open.delete(requestId);
    bytes += encodedDataLength;
  });
  session.on('Network.loadingFailed', ({ requestId }) => void open.delete(requestId));
  return {
    async ended() {
      await until(async () => Promise.resolve(open.size === 0 ? true : null));
      return { bytes, hosts: [...hosts] };
    },
  };
}

/** As many previews as a page shows, of a project that the person sees. */
async function fillPage(world: World): Promise<void> {
  const { number } = await openPullRequest(world, { head: 'first', title: 'The first one' });
  const { environment } = await lookAt(world, number);
  const { projectId, project, repoId, repository } = environment;
  for (let index = 1; index < ROWS; index += 1) {
    const name = `pr-${100 + index}`;
    const title = `Let visitors choose between ${index} sizes of the picture`;
    const facts = pullRequest({
      number: 100 + index,
      title,
      head: { ref: `sizes-${index}`, sha: environment.head?.sha ?? '', repoId },
    });
    const fresh = { ...newEnvironment({ name, projectId, project, repoId, repository }), pullRequest: facts };
    await world.app.ports.environments.ensure(fresh);
  }
}

const focused = (page: Page) => page.evaluate('document.activeElement.textContent.trim()');

when('the overview is small, is driven by the keyboard alone, and has no barriers', async () => {
  await using world = await startWorld();
  await fillPage(world);
  await using opened = await openDashboard(world);
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  const network = await recordNetwork(page);
  await opened.open('/previews');
  const { bytes, hosts } = await network.ended();
  expect(await page.locator('.preview').count()).toBe(ROWS);
  expect(bytes).toBeGreaterThan(5_000);
  expect(bytes).toBeLessThan(MOST_BYTES);
  expect(hosts).toEqual([new URL(world.app.url).host]);
  if (SHOTS) process.stderr.write(`first load: ${bytes} bytes\n`);

  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('main');
  const titles = await page.locator('.preview h2').allTextContents();
  await page.keyboard.press('j');
  expect(await focused(page)).toBe(titles[0]);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('j');
  expect(await focused(page)).toBe(titles[2]);
  await page.keyboard.press('k');
  expect(await focused(page)).toBe(titles[1]);
  const outline = () =>
    page.evaluate("getComputedStyle(document.activeElement.closest('.preview')).outlineStyle");
  expect(await outline()).toBe('solid');
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/keys.png` });

  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keys' });
  await dialog.waitFor();
  expect(await violationsOn(page)).toEqual([]);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/dialog.png` });
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await page.keyboard.press('/');
  expect(await page.evaluate('document.activeElement.name')).toBe('q');
  await page.keyboard.type('j');
  expect(await page.locator('input[name=q]').inputValue()).toBe('j');
  await page.keyboard.press('Escape');
  await page.locator('.preview a.cover').last().focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/previews\/[0-9a-f]{24}$/);
  expect(complaints).toEqual([]);
});

when('what another server writes into the database shows on open pages', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world, { head: 'elsewhere' });
  const env = environmentFor({ ...world, mongodbUri: world.mongodbUri });
  const other = await createApp(envToConfig(env), envToSecrets(env), { write: () => undefined });
  try {
    await using opened = await openDashboard(world);
    if (!opened) throw new Error('There is no browser.');
    const { page, complaints, browser } = opened;
    await opened.open('/previews');
    const { environment } = await lookAt(world, number);
    const second = await browser.context.newPage();
    await second.goto(`${world.app.url}/previews/${environment.id}`);
    await page.locator('.preview .badge', { hasText: 'Waiting' }).waitFor();
    await page.bringToFront();
    await begin({ ...world, app: other }, { number, sha });
    await page.locator('.preview .badge', { hasText: 'Building' }).waitFor();
    await second.bringToFront();
    await second.locator('.hero .badge', { hasText: 'Building' }).waitFor();
    await second.getByText('The preview is being built.').waitFor();
    expect(complaints).toEqual([]);
  } finally {
    await other.close();
  }
});
