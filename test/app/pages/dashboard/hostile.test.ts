import { expect, test } from '@jest/globals';
import { recordProgress } from '../../../../src/deployments/progress.js';
import { DEPLOYMENT_STATUS } from '../../../../src/shared/status/words.js';
import { openDashboard } from '../../../support/dashboard.js';
import { findBrowser } from '../../../support/open-browser.js';
import { startReceiver } from '../../../support/receiver.js';
import { begin } from '../../../support/run-by-hand.js';
import { openPullRequest, startWorld } from '../../../support/start-world.js';

const when = findBrowser() === undefined ? test.skip : test;
const SHOTS = process.env['SHOTS'];

/** Names of branches that git allows. */
const BRANCHES = [
  'zzz";echo${IFS}"hello";#',
  'a`id`b',
  '"><script>hacked=1</script>',
  "x'OR'1",
  'n'.repeat(200),
  'a\u202Egpj',
  '{{constructor}}',
  '${{github.token}}',
];

const titlesFor = (canary: string) => [
  `<img src=${canary}/img onerror="fetch('${canary}/onerror')">`,
  `<script src="${canary}/script"></script><script>hacked=1</script>`,
  `"><svg/onload=hacked=1><iframe src=${canary}/frame>`,
  `[x](javascript:hacked=1) ![y](${canary}/markdown)`,
  '::stop-commands::x %0A::set-output name=x::y @org/everyone Fixes #1 <!-- preview:sticky -->',
  '\u202Eevil \u200F\u05d0\u05d1\u05d2 '.repeat(8),
  '{{{constructor.constructor("hacked=1")()}}} `````',
  `</title></textarea></template><base href=${canary}/><link rel=stylesheet href=${canary}/css>`,
];

when('titles, branches and logs that attack are shown as text, and do nothing', async () => {
  await using canary = await startReceiver();
  const titles = titlesFor(canary.url);
  const lines = [...titles, '\u001B]8;;http://x\u0007link\u001B[2J', '\r\n\r\nevent: x', 'a\u0000b'];
  await using world = await startWorld();
  const pulls = [];
  for (const [index, head] of BRANCHES.entries())
    pulls.push(await openPullRequest(world, { head, title: titles[index] ?? '' }));
  const paths: string[] = [];
  for (const [index, pull] of pulls.entries()) {
    const { environment, deployment } = await begin(world, { ...pull, runId: String(9_000 + index) });
    paths.push(`/previews/${environment.id}`);
    const outcome = { status: DEPLOYMENT_STATUS.failed, error: titles[index] ?? null, logTail: lines };
    const body = { generation: deployment.generation, outcome };
    await recordProgress(world.app.ports, { deploymentId: deployment.id, body });
  }
  await world.drain();
  await using opened = await openDashboard(world);
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  for (const path of ['/previews', ...paths, `/previews?q=${encodeURIComponent(titles[1] ?? '')}`]) {
    await opened.open(path);
    expect(
      await page.locator('main :is(script, iframe, base, link, object, style, svg[onload])').count(),
    ).toBe(0);
    expect(await page.locator('main img:not([src^="/avatars/"])').count()).toBe(0);
    expect(await page.locator('main a[href^="javascript:"]').count()).toBe(0);
    expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false);
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
  }
  await opened.open('/previews');
  const shown = await page.locator('.preview h2').allTextContents();
  expect(shown).toContain(titles[1]);
  expect(shown).toHaveLength(BRANCHES.length);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/hostile.png`, fullPage: true });
  expect([complaints, dialogs]).toEqual([[], []]);
  expect(canary.requests).toEqual([]);
});
