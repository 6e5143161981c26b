import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';
import type { PageView, Picture } from '../../../../src/screenshots/screenshot.js';
import { openDashboard, SIZES, violationsOn } from '../../../support/dashboard.js';
import { findBrowser } from '../../../support/open-browser.js';
import { runPreview } from '../../../support/run-preview.js';
import { AUTHOR, REPOSITORY, startWorld, type World } from '../../../support/start-world.js';
import { ENVIRONMENT_STATUS } from '../../../../src/shared/status/words.js';
import { signInWithGitHub } from '../../../support/visitor.js';
import { until } from '../../../contracts/until.js';
import { lookAt } from '../../../support/look-at.js';

const SHOTS = process.env['SHOTS'];
const when = findBrowser() === undefined ? test.skip : test;

async function keepPicture({ app }: World, [red, green, blue]: readonly number[]): Promise<Picture> {
  const png = new PNG({ width: 64, height: 40 });
  for (let at = 0; at < png.data.length; at += 4) png.data.set([red ?? 0, green ?? 0, blue ?? 0, 255], at);
  const bytes = PNG.sync.write(png);
  const picture = { hash: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
  await app.ports.blobs.write({ ...picture, content: [bytes] });
  return picture;
}

/** What another server that has a Chromium would have kept of the live deployment. */
async function photograph(world: World, number: number): Promise<void> {
  const { ports } = world.app;
  const { environment } = await lookAt(world, number);
  const known = await ports.screenshots.ofDeployment(environment.current?.deploymentId ?? '');
  if (!known) throw new Error('There is no screenshot.');
  const viewOf = (picture: Picture): PageView => ({ page: picture, thumbnail: picture });
  const [before, after, difference] = await Promise.all(
    [
      [200, 0, 0],
      [0, 120, 90],
      [255, 240, 240],
    ].map((colour) => keepPicture(world, colour)),
  );
  if (!before || !after || !difference) throw new Error('There are no pictures.');
  const at = new Date();
  await ports.screenshots.save({
    ...{ ...known, reason: null, recordedAt: at },
    taken: { at, width: 1280, height: 800, ...viewOf(after) },
    comparison: {
      ...{ deploymentId: 'd0', sha: 'b'.repeat(40), before: viewOf(before) },
      ...{ changedShare: 0.25, difference },
    },
  });
}

/** How many pictures of previews the page shows: loaded, and not only asked for. */
const loaded = (page: Page) =>
  page.evaluate("[...document.querySelectorAll('.shot img')].filter((one) => one.naturalWidth > 0).length");

const AVATAR_WIDTH = 'document.querySelector(\'.who img[src="/avatars/octavia"]\').naturalWidth';

when('a person sees their previews, opens one, and reads why it is what it is', async () => {
  await using world = await startWorld();
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'teal-button' });
  await world.drain();
  await using opened = await openDashboard(world);
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  await opened.open('/');
  expect(new URL(page.url()).pathname).toBe('/previews');
  await page.locator('.preview .badge', { hasText: 'Waiting for the build' }).waitFor();
  // What GitHub has, from this server: letters would be drawn in another size.
  await until(async () => {
    if ((await page.evaluate(AVATAR_WIDTH)) === 72) return true;
    await page.reload();
    return null;
  });
  expect((await runPreview(world, { number: pullRequest.number })).exitCode).toBe(0);
  await world.drain();
  // Without loading the page again.
  await page.locator('.preview .badge', { hasText: 'Ready' }).waitFor();
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/overview.png`, fullPage: true });
  const { environment } = await lookAt(world, pullRequest.number);
  await page.locator('.preview a.cover').click();
  await page.getByRole('link', { name: 'Open the preview' }).waitFor();
  expect(await page.getByRole('link', { name: 'Open the preview' }).getAttribute('href')).toBe(
    environment.url,
  );
  await page.getByText('The preview is ready. The newest commit is live.').waitFor();
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/preview.png`, fullPage: true });
  expect(complaints).toEqual([]);
});

when('pictures come to open pages by themselves, and where there is none the reason is told', async () => {
  await using world = await startWorld({ env: { SCREENSHOTS: 'on', CHROMIUM: '/nowhere/chromium' } });
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'teal-button' });
  await world.drain();
  expect((await runPreview(world, { number: pullRequest.number })).exitCode).toBe(0);
  await world.drain();
  const { environment } = await lookAt(world, pullRequest.number);
  await using opened = await openDashboard(world);
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints, browser } = opened;
  await opened.open('/previews');
  await page.locator('.preview .shot .icon').waitFor();
  const box = await page.locator('.preview .shot').boundingBox();
  const other = await browser.context.newPage();
  const pages = [`/previews/${environment.id}`, `/deployments/${environment.current?.deploymentId ?? ''}`];
  await other.goto(`${world.app.url}${pages[0] ?? ''}`);
  await other.getByText('This server has no Chromium.').waitFor();

  await photograph(world, pullRequest.number);
  await other.getByText('25 % of the page changed since bbbbbbb.').waitFor();
  await other.locator('.shots').scrollIntoViewIfNeeded();
  await until(async () => ((await loaded(other)) === 3 ? true : null));
  await page.bringToFront();
  await page.locator('.preview .shot img').waitFor();
  await until(async () => ((await loaded(page)) === 1 ? true : null));
  // Nothing has moved.
  expect(await page.locator('.preview .shot').boundingBox()).toEqual(box);
  expect(await violationsOn(page)).toEqual([]);
  await other.close();
  for (const path of pages) {
    await opened.open(path);
    await page.locator('.shots').scrollIntoViewIfNeeded();
    await until(async () => ((await loaded(page)) === 3 ? true : null));
    expect(await violationsOn(page)).toEqual([]);
    await page.setViewportSize(SIZES.phone);
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
    await page.setViewportSize(SIZES.desktop);
  }
  await page.getByRole('link', { name: 'What differs between' }).click();
  expect(new URL(page.url()).pathname).toMatch(/\/difference\.png$/);
  expect(complaints).toEqual([]);
});

test('waking a preview is a question too, which says what it means', async () => {
  await using world = await startWorld();
  const { ports } = world.app;
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'asleep' });
  await world.drain();
  await runPreview(world, { number: pullRequest.number });
  await world.drain();
  const { environment } = await lookAt(world, pullRequest.number);
  const asleep = { since: new Date(), stoppedAt: new Date(), failedAt: null };
  const patch = { status: ENVIRONMENT_STATUS.sleeping, asleep };
  await ports.environments.change(environment, { patch, due: [] });
  const visitor = await signInWithGitHub({ app: world.app, github: world.github, login: AUTHOR });
  const page = await visitor.ask(`/previews/${environment.id}`, { headers: { accept: 'text/html' } });
  expect(await page.text()).toMatch(
    /<summary[^]*?Wake<\/summary>[^]*?starts its program[^]*?Wake the program/,
  );
});
