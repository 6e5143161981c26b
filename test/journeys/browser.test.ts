import { expect, test } from '@jest/globals';
import { commitLabel } from '../../src/shared/preview-url.js';
import { findBrowser, openBrowser } from '../support/open-browser.js';
import { runPreview } from '../support/run-preview.js';
import { REPOSITORY, startWorld } from '../support/start-world.js';

const browser = findBrowser();
const inBrowser = browser ? test : test.skip;

const FILES = {
  'index.html':
    '<!doctype html><title>Home</title><link rel="stylesheet" href="/a.css"><h1>Seen in a browser</h1>',
  'a.css': 'h1 { color: rgb(1, 2, 3); }',
};

inBrowser(
  'whoever waits at the building page sees the preview as soon as it is live, and the gone page after the end',
  async () => {
    await using world = await startWorld({ files: FILES });
    await using opened = await openBrowser(browser ?? '');
    const page = await opened.context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => {
      // A page that is not there yet, or no more, is an answer that Chromium calls an error.
      if (message.type() === 'error' && !/status of (404|410|503)/.test(message.text()))
        problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'seen' });
    const { number, head } = pullRequest;
    await world.drain();
    const [environment] = await world.app.ports.environments.ofPullRequest(world.repoId(), number);
    const url = environment?.url ?? '';

    const waiting = await page.goto(url);
    expect(waiting?.status()).toBe(503);
    const heading = page.getByRole('heading').first();
    expect(await heading.textContent()).toBe('This preview waits for its build to start');
    const ofCommit = await opened.context.newPage();
    const label = environment?.slug ?? '';
    const commitUrl = url.replace(label, commitLabel({ sha: head.sha, label }));
    expect((await ofCommit.goto(commitUrl))?.status()).toBe(503);
    const run = await runPreview(world, { number });
    expect(run.exitCode).toBe(0);
    for (const host of [page, ofCommit])
      await host.getByRole('heading', { name: 'Seen in a browser' }).waitFor({ timeout: 60_000 });
    await ofCommit.close();
    const colour = await page.evaluate<string>("getComputedStyle(document.querySelector('h1')).color");
    expect(colour).toBe('rgb(1, 2, 3)');

    const shows = async (address: string) => {
      const answer = await page.goto(address);
      return [answer?.status(), await page.getByRole('heading').first().textContent()];
    };
    expect(await shows(`${url}/nowhere`)).toEqual([404, 'Page not found']);
    expect(await shows(url.replace(/pr-\d+/, 'pr-99999'))).toEqual([404, 'There is no preview here']);

    world.github.closePullRequest({ repository: REPOSITORY, number });
    await world.drain();
    expect(await shows(url)).toEqual([410, 'This preview was removed']);
    expect(problems).toEqual([]);
  },
);
