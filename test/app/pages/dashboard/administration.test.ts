import { expect, test } from '@jest/globals';
import { healthOf } from '../../../../app/pages/dashboard/administration/instance.js';
import { measure } from '../../../../src/reconcile/measure.js';
import { CHECK_STATE } from '../../../../src/shared/status/words.js';
import { openDashboard } from '../../../support/dashboard.js';
import { findBrowser } from '../../../support/open-browser.js';
import { AUTHOR, startWorld } from '../../../support/start-world.js';
import { signInWithGitHub } from '../../../support/visitor.js';

const SHOTS = process.env['SHOTS'];
const when = findBrowser() === undefined ? test.skip : test;

const TABS = ['Health', 'People', 'Limits', 'Leaks', 'Migrations', 'Keys', 'Audit log'];

when(
  'an administrator goes through the tabs, shuts a person out, and finds it in the audit log',
  async () => {
    await using world = await startWorld({ admins: AUTHOR, github: { users: [AUTHOR, 'mallory'] } });
    const { app, github } = world;
    const mallory = await signInWithGitHub({ app, github, login: 'mallory' });
    expect((await mallory.ask('/admin')).status).toBe(403);
    await using opened = await openDashboard(world);
    if (!opened) throw new Error('There is no browser.');
    const { page, complaints } = opened;
    await opened.open('/admin');
    // The doctor looks in the background: what it says appears without a reload, as everything else that moves.
    await page.getByText('Looked at').waitFor();
    await page
      .getByText('PUBLIC_URL is an address of this machine: GitHub sends no webhooks here.')
      .waitFor({ state: 'attached' });
    const job = { name: 'feed the cat', everyMs: 60_000, at: new Date(), ms: 80, error: 'There is no cat.' };
    await app.ports.jobRuns.note(job);
    await page.locator('tr', { hasText: 'feed the cat' }).getByText('80 ms').waitFor();
    await page.getByText('Look at: feed the cat.').waitFor();
    await measure(app.ports);
    for (const tab of TABS) {
      await page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: tab }).click();
      await page.locator(`.tabs a[aria-current]`, { hasText: tab }).waitFor();
      if (SHOTS)
        await page.screenshot({ path: `${SHOTS}/admin-${tab.replace(' ', '-')}.png`, fullPage: true });
    }
    await opened.open('/admin/limits');
    const storage = page.locator('section', { has: page.getByRole('heading', { name: 'Storage' }) });
    expect(await storage.locator('tbody td:first-child').allTextContents()).toEqual([
      ...['Uploaded files', 'Images of the registry', 'Screenshots', 'Logs', 'The file store in all'],
    ]);
    await page.getByRole('link', { name: 'People' }).click();
    const row = page.locator('.list > li', { hasText: 'mallory' });
    await row.locator('summary').click();
    await row.getByText('every API token of theirs ends for good').waitFor();
    await row.locator('.confirm-body button').click();
    await page.getByText('mallory is shut out: every session is signed out').waitFor();
    expect((await mallory.ask('/api/v1/me')).status).toBe(401);
    await row.getByRole('link', { name: 'History' }).click();
    await page.getByText('close-account').waitFor();
    expect(complaints).toEqual([]);
  },
);

when('without scripts on a phone, a person is let in again', async () => {
  await using world = await startWorld({ admins: AUTHOR, github: { users: [AUTHOR, 'mallory'] } });
  const { app, github } = world;
  await signInWithGitHub({ app, github, login: 'mallory' });
  await using opened = await openDashboard(world, { javaScript: false, size: 'phone', theme: 'dark' });
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  await opened.open('/admin/users?q=mallory');
  const row = page.locator('.list > li', { hasText: 'mallory' });
  await row.locator('summary').click();
  await row.locator('.confirm-body button').click();
  await page.getByText('mallory is shut out').waitFor();
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/admin-people-phone.png`, fullPage: true });
  await page.getByRole('button', { name: 'Let in again' }).click();
  await page.getByText('mallory may sign in again.').waitFor();
  await opened.open('/admin/audit?actor=x&action=y');
  await page.getByText('cannot be combined').waitFor();
  await opened.open('/admin');
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/admin-phone.png`, fullPage: true });
  expect(complaints).toEqual([]);
});

test('the health of the server names what is late, what failed and what waits too long', () => {
  const now = new Date('2026-11-29T12:00:00Z');
  const job = { everySeconds: 5, lastRunAt: now.toISOString(), tookMs: 12, lateSeconds: 0, error: null };
  const view = {
    ...{ version: '1', node: '20', startedAt: '2026-11-29T10:00:00Z', migrations: [] },
    parts: [{ id: 'database', title: 'Database', state: CHECK_STATE.good, says: 'It answers.' }],
    examination: null,
    jobs: [
      { name: 'sweep', ...job },
      { name: 'stuck', ...job, lateSeconds: 900 },
    ],
    queues: [
      { name: 'webhooks', waiting: 100, since: '2026-11-29T11:00:00Z' },
      { name: 'parked-webhooks', waiting: 1, since: null },
      { name: 'reports', waiting: null, since: null },
    ],
  } as unknown as Parameters<typeof healthOf>[0];
  const model = healthOf(view, now);
  expect(model).toMatchObject({ isWell: false, summary: 'Look at: Webhooks, stuck.', uptime: '2 h' });
  expect(model.queues.map(({ says, badge }) => [says, badge.tone])).toEqual([
    ['100 or more wait. The first one has been due for 1 h.', 'bad'],
    ['1 wait.', 'warn'],
    ['None is due.', 'good'],
  ]);
  expect(model.jobs.map(({ says }) => says)).toEqual(['', 'It has been due for 15 min.']);
  expect(model.examination).toMatchObject({ at: '', troubled: [] });
  expect(healthOf({ ...view, jobs: [], queues: [] }, now).summary).toBe('Everything works.');
});

test('of a part that is shown already, the doctor says only what is wrong', () => {
  const part = { id: 'disk', title: 'Disk', state: CHECK_STATE.good, says: 'There is room.' };
  const check = { ...part, group: 'Server', todo: null };
  const clock = { ...check, id: 'clock', title: 'Clock', state: CHECK_STATE.failed, todo: 'Set it.' };
  const examined = (checks: readonly object[]) =>
    healthOf(
      {
        ...{
          version: '1',
          node: '20',
          startedAt: '2026-11-29T10:00:00Z',
          migrations: [],
          jobs: [],
          queues: [],
        },
        ...{ parts: [part], examination: { at: '2026-11-29T11:00:00Z', checks } },
      } as unknown as Parameters<typeof healthOf>[0],
      new Date('2026-11-29T12:00:00Z'),
    );
  expect(examined([check, clock])).toMatchObject({
    ...{ isWell: false, summary: 'Look at: Clock.' },
    examination: { counted: '0 good', others: [], troubled: [{ title: 'Clock', todo: 'Set it.' }] },
  });
  const unused = { ...check, id: 'mail', title: 'Mail server', state: CHECK_STATE.skipped };
  expect(examined([{ ...check, state: CHECK_STATE.warning, todo: 'Make room.' }, unused])).toMatchObject({
    ...{ isWell: true, summary: 'Everything works.' },
    examination: { counted: '0 good, 1 not used', troubled: [{ title: 'Disk', todo: 'Make room.' }] },
  });
});
