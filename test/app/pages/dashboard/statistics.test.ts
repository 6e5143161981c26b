import { expect, test } from '@jest/globals';
import { plotsOf } from '../../../../app/pages/dashboard/statistics/plots.js';
import type { Measured } from '../../../../src/deployments/statistics.js';
import { DEPLOYMENT_STATUS } from '../../../../src/shared/status/words.js';
import { openDashboard, violationsOn } from '../../../support/dashboard.js';
import { findBrowser } from '../../../support/open-browser.js';
import { AUTHOR, startWorld, type World } from '../../../support/start-world.js';

const SHOTS = process.env['SHOTS'];
const when = findBrowser() === undefined ? test.skip : test;
const { success, failed, superseded } = DEPLOYMENT_STATUS;
const DAY_MS = 24 * 60 * 60_000;

/** Counters of the last days, as a server that was busy has them. */
async function countDays({ app, repoId }: World): Promise<string> {
  const { statistics, projects } = app.ports;
  const name = { name: 'hello', slug: 'hello', fallbackSlug: 'hello-1' };
  const { id: projectId } = await projects.ensure({ repoId: repoId(), ...name });
  for (let ago = 0; ago < 20; ago += 1) {
    const at = new Date(Date.now() - ago * DAY_MS);
    const day = at.toISOString().slice(0, 10);
    const count = (
      key: string,
      status: typeof success | typeof failed | typeof superseded,
      seconds: number,
    ) =>
      statistics.count(
        {
          ...{ key: `${key}-${String(ago)}`, day, status, seconds, by: 1 },
          stages: { installing: seconds / 5, building: seconds / 2, deploying: 3 },
        },
        projectId,
      );
    for (let index = 0; index < 3 + (ago % 5); index += 1)
      await count(`s${String(index)}`, success, 40 + ago * 3);
    if (ago % 3 === 0) await count('f', failed, 5);
    if (ago % 4 === 0) await count('n', superseded, 5);
    const measured: Measured = { at, previews: 12 - (ago % 6), bytes: 3e9 - ago * 9e7, files: 4_000 - ago };
    await statistics.measure(undefined, measured);
    await statistics.measure(projectId, { ...measured, bytes: measured.bytes / 3 });
  }
  return projectId;
}

when('an administrator reads the figures of the server, and then those of a project', async () => {
  await using world = await startWorld({ admins: AUTHOR });
  const projectId = await countDays(world);
  await using opened = await openDashboard(world);
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  await opened.open('/statistics');
  await page.locator('.plot canvas').nth(3).waitFor();
  const figure = page.locator('.figure', { hasText: 'Success rate' });
  expect(await figure.locator('.figure-value').textContent()).toBe('93.5 %');
  await page
    .getByRole('img', { name: /Deployments a day by outcome\. In all: 100 / })
    .first()
    .waitFor();
  expect(await page.locator('#slowest ~ .table tbody tr').first().textContent()).toContain('building');
  // A deployment ends: the figures move without a reload, and the plots are drawn on by what drew them.
  await page.evaluate(`document.querySelector('#outcomes-plot canvas').dataset.same = 'yes'`);
  const today = new Date().toISOString().slice(0, 10);
  const ending = {
    key: 'late',
    day: today,
    status: success,
    seconds: 0.08,
    by: 1 as const,
    stages: { deploying: 0.4 },
  };
  await world.app.ports.statistics.count(ending, projectId);
  await page.getByRole('img', { name: /In all: 101 / }).waitFor();
  expect(await page.locator('#outcomes-plot canvas').getAttribute('data-same')).toBe('yes');
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/statistics-${colorScheme}.png`, fullPage: true });
  }
  // With plots, which the walk through every page has fewer of.
  expect(await violationsOn(page)).toEqual([]);
  await page.getByRole('link', { name: '7 days' }).click();
  await page.getByText('As a table').first().click();
  expect(await page.locator('#outcomes-table tbody tr').count()).toBe(7);
  await page.getByLabel('Project').selectOption(projectId);
  await page.waitForURL(/project=/);
  expect(new URL(page.url()).searchParams.get('days')).toBe('7');
  await page.getByText('Uploaded files').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
});

when('a reader sees those of their projects only, in tables without scripts', async () => {
  await using world = await startWorld({ admins: 'somebody-else' });
  await countDays(world);
  await using opened = await openDashboard(world, { javaScript: false, size: 'phone' });
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  await opened.open('/statistics?days=90');
  expect(await page.getByLabel('Project').locator('option').allTextContents()).not.toContain(
    'The whole server',
  );
  expect(await page.locator('.plot').first().isVisible()).toBe(false);
  await page.getByText('As a table').first().click();
  expect(await page.locator('#outcomes-table tbody tr').count()).toBe(90);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/statistics-phone.png`, fullPage: true });
  const answer = await page.goto(`${world.app.url}/statistics?project=${'f'.repeat(24)}`);
  expect(answer?.status()).toBe(404);
  expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
});

test('a plot has every day of its time, with gaps where nothing is known', () => {
  const none = { medianSeconds: null, p95Seconds: null };
  const known = { day: '2026-11-02', counts: { [success]: 2 }, previewsAlive: 4, storageBytes: 5e6 };
  const found = { from: '2026-11-01', to: '2026-11-03', counts: { [success]: 2 }, ...none };
  const plots = plotsOf({ ...found, byDay: [{ ...known, medianSeconds: 12, p95Seconds: 30 }] });
  expect(plots.map(({ rows }) => rows.map(({ day }) => day))).toEqual(
    plots.map(() => ['2026-11-01', '2026-11-02', '2026-11-03']),
  );
  const [outcomes, times, previews, storage] = plots;
  expect(outcomes?.rows.map(({ cells }) => cells[0]?.value)).toEqual([0, 2, 0]);
  expect(times?.rows.map(({ cells }) => cells[0])).toEqual([
    { value: '', text: '–' },
    { value: 12, text: '12 s' },
    { value: '', text: '–' },
  ]);
  expect(times?.summary).toContain('Nothing succeeded in these days.');
  expect(previews?.summary).toContain('Between 4 and 4.');
  expect(storage?.summary).toContain('5.0 MB at the end.');
  expect(storage?.empty).toBeNull();
  const nothing = plotsOf({ ...found, counts: {}, byDay: [] });
  expect(nothing[3]?.summary).toContain('not measured yet');
  expect(nothing.map(({ empty }) => empty?.todo)).toEqual([
    expect.stringMatching(/^Open a pull request/),
    expect.stringMatching(/^Where builds fail/),
    ...Array(2).fill(expect.stringMatching(/^The server measures this once an hour/)),
  ]);
});
