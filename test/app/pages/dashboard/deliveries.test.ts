import { expect, test } from '@jest/globals';
import { outcomeOf } from '../../../../app/pages/dashboard/deliveries/list.js';
import { DELIVERY_STATUS } from '../../../../src/shared/status/words.js';
import { delivery } from '../../../support/builders.js';
import { openDashboard } from '../../../support/dashboard.js';
import { findBrowser } from '../../../support/open-browser.js';
import { AUTHOR, REPOSITORY, startWorld, type World } from '../../../support/start-world.js';

const SHOTS = process.env['SHOTS'];
const when = findBrowser() === undefined ? test.skip : test;

const HOSTILE = '<img src=x onerror=alert(1)> \u202Emohon';

async function storeOthers({ app, repoId }: World): Promise<void> {
  const decided = (detail: string) => ({ action: 'ignore', rule: 'draft', detail, environmentIds: [] });
  const of = (guid: string) => ({ ...delivery({ guid, repoId: repoId() }), repository: REPOSITORY });
  await app.ports.inbox.store([
    { ...of('hostile'), decision: decided(HOSTILE), receivedAt: new Date('2026-01-02T00:00:00Z') },
    { ...of('long'), pullRequest: 4, decision: decided(`${'long-branch-name/'.repeat(15)} waits.`) },
    { ...delivery({ guid: 'of-others', repoId: 999 }), decision: decided('Secret of others.') },
  ]);
}

when('a person with write access finds why nothing happened, and has a webhook handled again', async () => {
  await using world = await startWorld({ admins: 'root', github: { users: [AUTHOR, 'root'] } });
  await world.github.openPullRequest({ repository: REPOSITORY, head: 'teal-button' });
  await world.drain();
  await storeOthers(world);
  await using opened = await openDashboard(world);
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  await opened.open('/deliveries');
  const row = page.locator('.delivery', { hasText: 'The newest commit gets a preview.' });
  await row.getByText('pull_request, opened').waitFor();
  expect(await page.getByText('Secret of others.').count()).toBe(0);
  expect(await page.locator('main img[src="x"]').count()).toBe(0);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/deliveries.png`, fullPage: true });
  await row.locator('a.cover').click();
  await page.getByRole('link', { name: 'To the preview' }).waitFor();
  await page.getByText('Replay', { exact: true }).click();
  await page.getByText('what was missed is done').waitFor();
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/delivery-dark.png`, fullPage: true });
  await page.getByRole('button', { name: 'Handle it again' }).click();
  await page.getByText('The webhook is handled again.').waitFor();
  await world.drain();
  // Without loading the page again.
  await page.getByText(`${AUTHOR} had it handled again.`).waitFor();
  await page.locator('.badge', { hasText: /Done|Nothing to do/ }).waitFor();
  expect(complaints).toEqual([]);
});

when('without scripts, deliveries are filtered and replayed all the same', async () => {
  await using world = await startWorld();
  await world.github.openPullRequest({ repository: REPOSITORY, head: 'teal-button' });
  await world.drain();
  await storeOthers(world);
  await using opened = await openDashboard(world, { javaScript: false, size: 'phone' });
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  await opened.open('/deliveries');
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/deliveries-phone.png`, fullPage: true });
  await page.getByLabel('Search in events').fill('long-branch');
  await page.getByRole('button', { name: 'Show' }).click();
  expect(await page.locator('.delivery').count()).toBe(1);
  await page.getByLabel('Repository').fill('no such name');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByText('must be owner/name').waitFor();
  await page.getByRole('link', { name: 'Clear' }).click();
  await page.locator('.delivery a.cover', { hasText: 'The newest commit gets a preview.' }).click();
  await page.getByText('Replay', { exact: true }).click();
  await page.getByRole('button', { name: 'Handle it again' }).click();
  await page.getByText('The webhook is handled again.').waitFor();
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/delivery-phone.png`, fullPage: true });
  expect(complaints).toEqual([]);
});

test.each([
  [DELIVERY_STATUS.stored, null, null, 'It waits to be handled.'],
  [
    DELIVERY_STATUS.stored,
    null,
    'GitHub did not answer',
    /failed and is tried again: GitHub did not answer\./,
  ],
  [DELIVERY_STATUS.stored, 'Done.', null, 'It waits to be handled again.'],
  [DELIVERY_STATUS.handled, 'The newest commit gets a preview.', null, 'The newest commit gets a preview.'],
  [DELIVERY_STATUS.parked, null, 'boom!', /has given up: boom! Correct the cause, and replay it\./],
  [DELIVERY_STATUS.ignored, null, null, /Nothing was written down/],
])('a webhook that is %s says what came of it', (status, detail, error, says) => {
  const decision = detail === null ? null : { action: 'x', rule: 'x', detail, environmentIds: [] };
  expect(outcomeOf({ status, decision, error })).toEqual(
    typeof says === 'string' ? says : expect.stringMatching(says),
  );
});
