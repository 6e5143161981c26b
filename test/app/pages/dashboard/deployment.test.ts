import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '../../../../demo/expect.js';
import { appendLogs } from '../../../../src/deployments/logs/append.js';
import type { StoredDeployment } from '../../../../src/deployments/store.js';
import { openDashboard, violationsOn } from '../../../support/dashboard.js';
import { type FakeEngine, startFakeEngine } from '../../../support/fake-engine.js';
import { lookAt } from '../../../support/look-at.js';
import { findBrowser } from '../../../support/open-browser.js';
import { serverOf } from '../../../support/programs.js';
import { runPreview } from '../../../support/run-preview.js';
import { runProgram } from '../../../support/run-program.js';
import { openPullRequest, startWorld, type World } from '../../../support/start-world.js';

const SHOTS = process.env['SHOTS'];
const when = findBrowser() === undefined ? test.skip : test;

const ESCAPE = '\u001b';
/** Whatever a build prints is text. */
const HOSTILE = [
  '<script>document.title = "taken"</script><img src=x onerror="document.title = `taken`">',
  `${ESCAPE}[31mred${ESCAPE}[0m ${ESCAPE}]8;;http://evil.example${ESCAPE}\\link${ESCAPE}]8;;${ESCAPE}\\ ${ESCAPE}[2J`,
  'a\u202Egpj.exe and \u0007 and \r\n\r\nevent: end',
  '10 %\r50 %\r100 %',
  '::error file=a::b {{constructor}} ${{ github.token }} [x](javascript:alert(1))',
  'x'.repeat(16_000),
];

const BUILD = [
  'for (let line = 1; line <= 400; line += 1) console.log(`compiling ${line}`);',
  "console.log(\"src/page.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.\");",
  'for (let line = 1; line <= 300; line += 1) console.log(`after ${line}`);',
  'process.exitCode = 2;',
].join('\n');

const files = {
  'index.html': '<h1>Hello</h1>\n',
  'build.js': BUILD,
  'package.json': '{ "scripts": { "start": "node server.js" } }\n',
  'server.js': serverOf("'hello'", "console.log('listening for visitors'); console.error('out of coffee');"),
};

let engine: FakeEngine;
let world: World;
let failed: StoredDeployment;

beforeAll(async () => {
  engine = await startFakeEngine();
  world = await startWorld({
    ...{ files, env: { DOCKER_HOST: engine.dockerHost }, overrides: { programsEveryMs: 500 } },
  });
  const inputs = { 'build-command': 'node build.js' };
  const { number } = await openPullRequest(world, { head: `branch-${'long-'.repeat(38)}` });
  await runPreview(world, { number, inputs });
  failed = await newestOf(number);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

async function newestOf(number: number): Promise<StoredDeployment> {
  await world.drain();
  const [newest] = (await lookAt(world, number)).deployments;
  if (!newest) throw new Error('There is no deployment.');
  return newest;
}

/** As an administrator sets it for the project. */
async function deployTo(target: string): Promise<void> {
  const [project] = await world.app.ports.projects.ofRepo(world.repoId());
  if (project) await world.app.ports.projects.change(project, { settings: { target } });
}

/** The row of a line that the reader was led to: it is on the screen. */
const marked = (page: Page) => page.locator('.log-lines .line.marked');

when('a failing build is followed to its line, and its log is searched and folded', async () => {
  await using opened = await openDashboard(world);
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  await opened.open(`/deployments/${failed.id}`);
  await page.locator('.excerpt mark', { hasText: 'error TS2322' }).waitFor();
  await page.getByRole('link', { name: 'Show this line in the log' }).click();
  await marked(page).waitFor();
  expect(await marked(page).locator('.t').textContent()).toContain('error TS2322');
  expect(await marked(page).isVisible()).toBe(true);
  // The stage that failed is open, and the others are closed.
  const building = page.locator('details.section', { hasText: 'building' });
  expect(await building.getAttribute('open')).not.toBeNull();
  expect(await page.locator('details.section:not([open])').count()).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Fold' }).click();
  expect(await page.locator('details.section[open]').count()).toBe(0);
  await page.getByRole('searchbox').fill('after 250');
  await page.getByRole('searchbox').press('Enter');
  await page.locator('.hit-list mark', { hasText: 'after 250' }).waitFor();
  await page.locator('.line.marked .t', { hasText: 'after 250' }).waitFor();
  expect(new URL(page.url()).hash).toMatch(/^#L\d+$/);
  // What is searched for is marked in the rows too, those that are drawn later as well.
  const hits = page.locator('.line .t mark');
  expect(await hits.allTextContents()).toContain('after 250');
  await page.getByRole('searchbox').fill('COMPILING 20');
  await page.getByRole('searchbox').press('Enter');
  await page.locator('.line.marked .t mark', { hasText: 'compiling 20' }).waitFor();
  expect(new Set(await hits.allTextContents())).toEqual(new Set(['compiling 20']));
  // With the hits, which the walk through every page does not show.
  expect(await violationsOn(page)).toEqual([]);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/failed.png`, fullPage: true });
  await page.getByRole('searchbox').press('Escape');
  await hits.first().waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
});

when('lines that come are followed until the reader looks back, and nothing in them is obeyed', async () => {
  const { number } = await openPullRequest(world, { head: 'live-log' });
  const { id: deploymentId } = await newestOf(number);
  let seq = 0;
  const print = (texts: readonly string[], stage = 'building') => {
    const lines = texts.map((text) => ({ at: new Date(), stage, level: 'info' as const, text }));
    return appendLogs(world.app.ports, { deploymentId, seq: seq++, lines });
  };
  await print(Array.from({ length: 300 }, (_, index) => `line ${String(index)}`));
  await using opened = await openDashboard(world, { size: 'phone', theme: 'dark' });
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  await opened.open(`/deployments/${deploymentId}`);
  const lines = page.locator('[data-lines]');
  await page.locator('details.section summary').click();
  const last = (text: string) => lines.locator('.t', { hasText: text });
  await last('line 299').waitFor();
  const fromEnd = () =>
    lines.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
  await print(HOSTILE);
  await last('100 %').waitFor();
  expect(await last('red').locator('.ansi-red-fg').textContent()).toBe('red');
  expect(await last('<script>').count()).toBe(1);
  expect(await lines.locator('script, img, a:not(.n)').count()).toBe(0);
  expect(await page.title()).not.toBe('taken');
  // Looking back pauses, and new lines are counted.
  await lines.hover();
  await page.mouse.wheel(0, -600);
  await page.locator('[data-follow]').waitFor();
  await print(['after the pause', 'and one more']);
  await page.locator('[data-follow]', { hasText: '2 new' }).waitFor();
  expect(await fromEnd()).toBeGreaterThan(300);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/live-phone.png`, fullPage: true });
  await page.locator('[data-follow]').click();
  await last('and one more').waitFor();
  expect(await fromEnd()).toBeLessThan(30);
  expect(complaints).toEqual([]);
});

when('without scripts the log is read, searched and downloaded', async () => {
  await using opened = await openDashboard(world, { javaScript: false });
  if (!opened) throw new Error('There is no browser.');
  const { page } = opened;
  await opened.open(`/deployments/${failed.id}`);
  await page.getByRole('link', { name: 'Show this line in the log' }).click();
  expect(await page.locator('.line:target .t').textContent()).toContain('error TS2322');
  await page.getByRole('searchbox').fill('compiling 3');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.locator('.hit-list a', { hasText: /compiling 3$/ }).click();
  const target = page.locator('.line:target .t');
  expect([await target.textContent(), await target.locator('mark').textContent()]).toEqual([
    ...['compiling 3', 'compiling 3'],
  ]);
  expect(await page.getByRole('link', { name: 'Download' }).getAttribute('href')).toBe(
    `/api/v1/deployments/${failed.id}/logs.txt`,
  );
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/no-script.png`, fullPage: true });
});

when('a program shows what it prints while it runs, as its deployment is looked at', async () => {
  await deployTo('node');
  const { number } = await openPullRequest(world, { head: 'a-program' });
  const { exitCode, log } = await runPreview(world, { number, inputs: { target: 'node' } });
  expect([exitCode, exitCode === 0 ? '' : log]).toEqual([0, '']);
  const { id } = await newestOf(number);
  await using opened = await openDashboard(world);
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  await opened.open(`/deployments/${id}`);
  await page.getByRole('navigation', { name: 'Logs' }).getByRole('link', { name: 'Runtime log' }).click();
  const line = (text: string) => page.locator('.log-lines .line', { hasText: text });
  await line('listening for visitors').waitFor();
  await line('out of coffee').waitFor();
  expect(await line('out of coffee').getAttribute('class')).toContain('error');
  // It is a process, which has none.
  expect(await page.getByRole('heading', { name: 'Images' }).count()).toBe(0);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/runtime.png`, fullPage: true });
  expect(complaints).toEqual([]);
});

when('a container shows the image that was started, and its size', async () => {
  await deployTo('docker');
  const { number } = await openPullRequest(world, { head: 'a-container' });
  expect(await runProgram(world, { number, target: 'docker' })).toMatchObject({ exitCode: 0 });
  const { id } = await newestOf(number);
  await using opened = await openDashboard(world, { javaScript: false });
  if (!opened) throw new Error('There is no browser.');
  const { page } = opened;
  // Without scripts the page stays as it was when it was asked for.
  const printed = page.locator('.line', { hasText: /serving/ });
  await eventually(async () => opened.open(`/deployments/${id}?log=runtime`).then(() => printed.count()), {
    until: (lines) => lines > 0,
    otherwise: 'The page should show what the container printed.',
  });
  const image = page.locator('section', { has: page.getByRole('heading', { name: 'Images' }) }).locator('li');
  expect(await image.textContent()).toMatch(/app.*\/.*@sha256:[0-9a-f]{64}.*\d+ k?B, 1 layer/s);
  await printed.waitFor();
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/container.png`, fullPage: true });
});
