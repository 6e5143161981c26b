import { expect, test } from '@jest/globals';
import { eventually } from '../../../demo/expect.js';
import { createHealthCheck, PROGRAMS } from '../../../src/reconcile/health.js';
import { findBrowser, openBrowser } from '../../support/open-browser.js';
import { openPrograms } from '../../support/program-stage.js';

const browser = findBrowser();
const inBrowser = browser ? test : test.skip;
const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];

inBrowser(
  'a visitor sees that a preview starts, wakes up and crashed, and then the preview itself',
  async () => {
    await using stage = await openPrograms();
    await using opened = await openBrowser(browser ?? '');
    stage.target.answerWith((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<title>Guestbook</title><h1>Guestbook</h1>');
    });
    const look = createHealthCheck(stage.app.ports, PROGRAMS);
    for (const [index, size] of SIZES.entries()) {
      const slug = `pr-${String(index + 1)}-site`;
      const environment = await stage.show(slug);
      const page = await opened.context.newPage();
      await page.setViewportSize(size);
      const url = `http://${slug}.localhost:${String(stage.app.port)}/`;
      const heading = async () => (await page.locator('h1').first().textContent())?.trim() ?? '';
      const fits = async () =>
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(size.width);
      const turnsInto = (text: string) =>
        eventually(heading, {
          until: (shown) => shown === text,
          otherwise: `It does not turn into "${text}".`,
        });

      await stage.fallAsleep();
      let goOn: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (goOn = resolve));
      stage.target.faults.beforeWake = () => held;
      await page.goto(url);
      expect(await heading()).toBe('This preview is waking up');
      await fits();
      goOn();
      await turnsInto('Guestbook');
      stage.target.faults.beforeWake = null;

      stage.target.inspectAs({ state: 'unhealthy', detail: 'It ended with exit code 1.' });
      await stage.target.crash(environment.current?.deploymentId ?? '');
      await page.goto(url);
      expect(await heading()).toBe('This preview does not answer');
      await fits();
      for (let round = 0; round < 3; round += 1) await look();
      await page.goto(url);
      expect(await heading()).toBe('This preview has stopped working');
      await fits();
      stage.target.inspectAs(null);
      await stage.restart(environment);
      await turnsInto('Guestbook');

      await stage.startNext(environment);
      await page.goto(url);
      expect(await heading()).toBe('This preview is starting');
      await fits();
      await page.close();
    }
  },
);
