import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { CDPSession, Page } from 'playwright-core';
import { appendLogs } from '../../../../src/deployments/logs/append.js';
import { openDashboard } from '../../../support/dashboard.js';
import { lookAt } from '../../../support/look-at.js';
import { findBrowser } from '../../../support/open-browser.js';
import { REPOSITORY, startWorld, type World } from '../../../support/start-world.js';
import { tcpProxy } from '../../../support/tcp-proxy.js';

const when = findBrowser() === undefined ? test.skip : test;
const MIB = 1024 * 1024;
const MINUTES = Number(process.env['PROVE_MINUTES'] ?? 10);

const report = (figures: object) => process.stderr.write(`${JSON.stringify(figures)}\n`);

/** A deployment that waits for its run, and what its run prints. */
async function startLog(world: World) {
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'long-log' });
  await world.drain();
  const { deployments } = await lookAt(world, pullRequest.number);
  const id = deployments[0]?.id ?? '';
  let seq = 0;
  let printed = 0;
  const print = async (count: number, stage: string) => {
    const lines = Array.from({ length: count }, () => {
      printed += 1;
      return { at: new Date(), stage, level: 'info' as const, text: textOf(printed) };
    });
    await appendLogs(world.app.ports, { deploymentId: id, seq: seq++, lines });
  };
  return { id, print, total: () => printed };
}

const textOf = (number: number) =>
  `line ${String(number)} \u001b[32mcompiled\u001b[0m src/pages/some-folder/module-${String(number % 977)}.ts in ${String(number % 83)} ms`;

interface Scrolled {
  readonly seen: number;
  readonly wrong: number;
  readonly mostRows: number;
}

/** Scrolls from the first line to the last one, most of the view a frame, and notes what was seen. In the words of the page, which has a DOM. */
const SCROLL = `(async () => {
  const scroller = document.querySelector('[data-lines]');
  const seen = new Map();
  const frames = [];
  let mostRows = 0;
  const look = () => {
    const rows = [...scroller.querySelectorAll('.line')];
    mostRows = Math.max(mostRows, rows.length);
    for (const row of rows) seen.set(Number(row.dataset.number), row.querySelector('.t').textContent);
  };
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  scroller.scrollTop = 0;
  let last = await frame();
  for (let still = 0; still < 30; ) {
    const before = scroller.scrollTop;
    scroller.scrollTop += scroller.clientHeight * 0.8;
    const now = await frame();
    frames.push(now - last);
    last = now;
    look();
    still = scroller.scrollTop === before ? still + 1 : 0;
  }
  frames.sort((a, b) => a - b);
  const at = (share) => Math.round(frames[Math.floor((frames.length - 1) * share)] * 10) / 10;
  const wrong = [...seen].filter(([number, text]) => !text.startsWith('line ' + number + ' ')).length;
  return { seen: seen.size, wrong, mostRows, frames: frames.length, p50: at(0.5), p95: at(0.95), max: at(1) };
})()`;

const scrollThrough = (page: Page): Promise<Scrolled> => page.evaluate(SCROLL);

/** What no other process shares of the largest renderer among our own children. */
function rendererBytes(): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one)))
    parents.set(Number(name), Number(/\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1] ?? 0));
  const isOurs = (pid: number): boolean => pid === process.pid || (pid > 1 && isOurs(parents.get(pid) ?? 0));
  const renderers = [...parents.keys()].filter(
    (pid) => isOurs(pid) && read(`/proc/${String(pid)}/cmdline`).includes('--type=renderer'),
  );
  return Math.max(
    ...renderers.map((pid) => {
      const kib = read(`/proc/${String(pid)}/smaps_rollup`).matchAll(/^Private_\w+:\s+(\d+) kB/gm);
      return [...kib].reduce((sum, [, value]) => sum + Number(value) * 1024, 0);
    }),
  );
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Infinity;
}

when(
  '50,000 lines: the page is painted before them, stays small, and shows each while it is scrolled',
  async () => {
    await using world = await startWorld();
    const log = await startLog(world);
    for (let batch = 0; batch < 50; batch += 1)
      await log.print(1_000, batch < 10 ? 'installing' : 'building');
    await using opened = await openDashboard(world);
    if (!opened) throw new Error('There is no browser.');
    const { page, complaints } = opened;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/logs?from=*', async (route) => {
      await held;
      await route.continue();
    });
    await opened.open(`/deployments/${log.id}`);
    await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
    // No line was sent by the stream yet, and the end of the log can be read.
    await page.locator('.line', { hasText: 'line 50000 ' }).waitFor();
    const painted = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    );
    release();
    await page.locator('[data-log-status]', { hasText: /^50,000 lines/ }).waitFor({ timeout: 120_000 });
    const session = await page.context().newCDPSession(page);
    const heap = await heapOf(session);
    await page.getByRole('button', { name: 'Fold' }).click();
    const scrolled = await scrollThrough(page);
    const after = await heapOf(session);
    const { nodes } = await session.send('Memory.getDOMCounters');
    const process = rendererBytes();
    const mib = (bytes: number) => Math.round((bytes / MIB) * 10) / 10;
    report({ painted, ...scrolled, heap: mib(heap), after: mib(after), nodes, process: mib(process) });
    expect(scrolled).toMatchObject({ seen: 50_000, wrong: 0 });
    expect(scrolled.mostRows).toBeLessThan(1_500);
    expect(process).toBeLessThan(150 * MIB);
    expect(complaints).toEqual([]);
  },
);

/** What the browser says when the reader looks at another tab, or comes back. */
const switchTab = (page: Page, isHidden: boolean) =>
  page.evaluate(`(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${String(isHidden)} });
    document.dispatchEvent(new Event('visibilitychange'));
  })()`);

when('ten lines a second for ten minutes are each there once, whatever cuts the stream', async () => {
  const target = { host: '127.0.0.1', port: 0 };
  const proxy = await tcpProxy(target);
  const url = `http://localhost:${String(proxy.port)}`;
  await using world = await startWorld({ publicUrl: url });
  target.port = world.app.port;
  const log = await startLog(world);
  await log.print(10, 'building');
  await using opened = await openDashboard({ ...world, app: { ...world.app, url } });
  if (!opened) throw new Error('There is no browser.');
  const { page } = opened;
  await opened.open(`/deployments/${log.id}`);
  await page.getByRole('button', { name: 'Fold' }).click();
  for (let second = 0; second < MINUTES * 60; second += 1) {
    const pause = new Promise((resolve) => setTimeout(resolve, 1_000));
    await Promise.all([log.print(10, 'building'), pause]);
    if (second % 60 === 15) await switchTab(page, true);
    if (second % 60 === 25) await switchTab(page, false);
    if (second % 60 === 40) proxy.cut();
    if (second % 60 === 45) proxy.resume();
  }
  const total = log.total().toLocaleString('en');
  const complete = page.locator('[data-log-status]', { hasText: `${total} lines, live` });
  await complete.waitFor({ timeout: 60_000 });
  const fromEnd = await page
    .locator('[data-lines]')
    .evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
  const scrolled = await scrollThrough(page);
  report({ lines: log.total(), fromEnd, ...scrolled });
  // It followed all the time, and shows as many lines as were printed: none twice, none missing.
  expect(fromEnd).toBeLessThan(30);
  expect(scrolled).toMatchObject({ seen: log.total(), wrong: 0 });
  await proxy.close();
});
