import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import { projectRoot } from '../../../../app/config/project-root.js';
import { freePort } from '../../../support/free-port.js';
import { lookAt } from '../../../support/look-at.js';
import { findBrowser } from '../../../support/open-browser.js';
import { runPreview } from '../../../support/run-preview.js';
import { AUTHOR, REPOSITORY, startWorld, type World } from '../../../support/start-world.js';
import { signInWithGitHub } from '../../../support/visitor.js';

const FOLDER = join(projectRoot(), 'test/app/pages/lighthouse');
const executablePath = findBrowser();
const canRun = executablePath !== undefined && existsSync(join(FOLDER, 'node_modules/lighthouse'));
const run = promisify(execFile);

interface Judged {
  readonly url: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly complaints: readonly string[];
}

/** One good deployment, and one that failed. */
async function openPreview(world: World) {
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'teal-button' });
  const { number } = pullRequest;
  await world.drain();
  await runPreview(world, { number });
  await world.drain();
  await world.github.push({ repository: REPOSITORY, branch: 'teal-button', files: { 'a.html': 'a' } });
  await world.drain();
  await runPreview(world, { number, inputs: { 'build-command': 'echo "It broke." && exit 7' } });
  await world.drain();
  const { environment } = await lookAt(world, number);
  return environment;
}

(canRun ? test : test.skip)('Lighthouse gives each page of a preview at least 95 of 100', async () => {
  await using world = await startWorld();
  const environment = await openPreview(world);
  const profile = await mkdtemp(join(tmpdir(), 'vitrine-lighthouse-'));
  const port = await freePort();
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executablePath ?? '',
    viewport: { width: 1350, height: 940 },
    args: ['--no-sandbox', '--disable-gpu', `--remote-debugging-port=${String(port)}`],
  });
  try {
    const visitor = await signInWithGitHub({ app: world.app, github: world.github, login: AUTHOR });
    const cookies = [...visitor.cookies].map(([name, value]) => ({ name, value, url: world.app.url }));
    await context.addCookies(cookies);
    const pages = [
      '/previews',
      `/previews/${environment.id}`,
      `/deployments/${environment.head?.deploymentId ?? ''}`,
    ];
    for (const path of pages) {
      const { stdout } = await run(process.execPath, [
        join(FOLDER, 'run.js'),
        String(port),
        world.app.url + path,
      ]);
      const judged = JSON.parse(stdout) as Judged;
      expect(new URL(judged.url).pathname).toBe(path);
      for (const [category, score] of Object.entries(judged.scores))
        expect([path, category, score >= 0.95, judged.complaints]).toEqual([
          path,
          category,
          true,
          judged.complaints,
        ]);
    }
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
});
