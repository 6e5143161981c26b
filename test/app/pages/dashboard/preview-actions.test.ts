import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { resolveOptions } from '../../../../demo/github/options.js';
import { DEPLOYMENT_STATUS } from '../../../../src/shared/status/words.js';
import { openDashboard } from '../../../support/dashboard.js';
import { findBrowser } from '../../../support/open-browser.js';
import { lookAt } from '../../../support/look-at.js';
import { begin } from '../../../support/run-by-hand.js';
import { AUTHOR, openPullRequest, REPOSITORY, startWorld, type World } from '../../../support/start-world.js';

const when = findBrowser() === undefined ? test.skip : test;
const SHOTS = process.env['SHOTS'];
let world: World;

beforeAll(async () => {
  const files = { 'index.html': '<h1>Hello</h1>\n' };
  world = await startWorld({
    github: {
      users: [AUTHOR],
      repositories: [{ fullName: REPOSITORY, files }],
      app: { permissions: { ...resolveOptions({}).app.permissions, actions: 'write' } },
    },
  });
});
afterAll(async () => void (await world[Symbol.asyncDispose]()));

when(
  'without scripts, a person cancels a build, and pins and unpins the preview, told before and after',
  async () => {
    const { number, sha } = await openPullRequest(world, { head: 'act' });
    const run = await world.github.startRun({ repository: REPOSITORY, number });
    const { deployment, environment } = await begin(world, { number, sha, runId: String(run.id) });
    await using opened = await openDashboard(world, { javaScript: false, size: 'phone' });
    if (!opened) throw new Error('There is no browser.');
    const { page, complaints } = opened;
    const flash = page.locator('.flash');
    const press = async (question: string, told: string, answer: string) => {
      await page.locator('details.confirm summary', { hasText: question }).click();
      await page.getByText(told).waitFor();
      if (SHOTS)
        await page.screenshot({ path: `${SHOTS}/${answer.replaceAll(' ', '-')}.png`, fullPage: true });
      await page.getByRole('button', { name: answer }).click();
    };
    await opened.open(`/previews/${environment.id}`);
    await press('Cancel the build', 'Nothing is live then.', 'Cancel the build');
    await flash.getByText('The build is cancelled').waitFor();
    expect(await flash.getByRole('link', { name: 'See the run' }).getAttribute('href')).toContain(
      String(run.id),
    );
    expect(await world.app.ports.deployments.get(deployment.id)).toMatchObject({
      status: DEPLOYMENT_STATUS.cancelled,
    });
    await page.getByText('The build of this commit was cancelled.').waitFor();
    expect(await page.locator('summary', { hasText: 'Cancel the build' }).count()).toBe(0);

    await press('Pin', 'kept until somebody unpins it', 'Pin the preview');
    await flash.getByText('The preview is pinned').waitFor();
    expect((await lookAt(world, number)).environment.pinned).toMatchObject({ by: AUTHOR });
    await page.locator('.hero .pinned', { hasText: 'Kept until unpinned' }).waitFor();
    await opened.open('/previews');
    await page.locator('.preview .pinned', { hasText: 'Kept until unpinned' }).waitFor();
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/overview-pinned.png`, fullPage: true });
    await opened.open(`/previews/${environment.id}`);
    await press('Unpin', 'It expires again', 'Unpin the preview');
    await flash.getByText('not pinned any more').waitFor();
    expect(complaints).toEqual([]);
  },
);
