import { expect, test } from '@jest/globals';
import { openDashboard } from '../../../support/dashboard.js';
import { findBrowser } from '../../../support/open-browser.js';
import { runPreview } from '../../../support/run-preview.js';
import { REPOSITORY, startWorld } from '../../../support/start-world.js';
import { lookAt } from '../../../support/look-at.js';

const SHOTS = process.env['SHOTS'];
const when = findBrowser() === undefined ? test.skip : test;

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
