import { expect, test } from '@jest/globals';
import { openDashboard } from '../../../support/dashboard.js';
import { findBrowser } from '../../../support/open-browser.js';
import { runPreview } from '../../../support/run-preview.js';
import { AUTHOR, REPOSITORY, startWorld } from '../../../support/start-world.js';

const SHOTS = process.env['SHOTS'];
const when = findBrowser() === undefined ? test.skip : test;

const FILES = {
  'package.json': JSON.stringify({ scripts: { build: 'vite build' }, devDependencies: { vite: '^7' } }),
  'package-lock.json': '{}',
  '.nvmrc': '22\n',
};

when('a person comes from an empty server to a first preview, and sees each step as it is done', async () => {
  await using world = await startWorld({ files: { ...FILES, 'dist/index.html': '<h1>Hello</h1>\n' } });
  const { github, app } = world;
  await using opened = await openDashboard(world);
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  const shot = async (name: string) => {
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
  };
  await opened.open('/previews');
  await page.getByRole('link', { name: 'Begin with a repository' }).click();
  await page.getByText('You see none yet.').waitFor();
  expect(await page.getByRole('link', { name: 'Install the App on GitHub' }).getAttribute('href')).toBe(
    `${github.url}/apps/${github.app.slug}/installations/new`,
  );
  await shot('start-empty');
  github.changeInstallation({ account: 'acme', action: 'created' });
  await world.drain();
  // Without loading the page again.
  await page.getByRole('link', { name: `Set up: ${REPOSITORY}` }).click();

  await page.getByText('Vite', { exact: true }).waitFor();
  expect(await page.getByLabel('Output').inputValue()).toBe('dist');
  await shot('start-settings');
  await page.getByLabel('Output').fill('../secrets');
  await page.getByRole('button', { name: 'Save and go on' }).click();
  await page.getByText('output must be a path inside the repository').waitFor();
  expect(await page.getByLabel('Output').inputValue()).toBe('../secrets');
  await page.getByLabel('Output').fill('dist');
  await page.getByRole('button', { name: 'Save and go on' }).click();

  await page.getByRole('heading', { name: 'Commit the workflow' }).waitFor();
  const file = (await page.locator('pre').textContent()) ?? '';
  expect(file).toContain(`server-url: ${app.url}`);
  expect(file).toContain('node-version-file: .nvmrc');
  const link = new URL(
    (await page.getByRole('link', { name: 'Open on GitHub, filled in' }).getAttribute('href')) ?? '',
  );
  expect(link.pathname).toBe(`/${REPOSITORY}/new/main`);
  expect(link.searchParams.get('value')).toBe(file);
  await shot('start-workflow');
  const files = { '.github/workflows/preview.yml': file };
  await github.push({ repository: REPOSITORY, branch: 'main', files });
  await world.drain();
  await page.getByRole('link', { name: 'To the first preview' }).click();

  await page.getByText('Waiting for the first pull request').waitFor();
  const { pullRequest } = await github.openPullRequest({ repository: REPOSITORY, head: 'change' });
  await world.drain();
  await page.getByText('Waiting for the build').waitFor();
  const inputs = { prebuilt: 'true' };
  expect((await runPreview(world, { number: pullRequest.number, inputs })).exitCode).toBe(0);
  await page.getByRole('heading', { name: 'The first preview is live' }).waitFor();
  await shot('start-preview');
  const preview = await page.getByRole('link', { name: 'Open the preview' }).getAttribute('href');
  expect(preview).toContain('hello.localhost');
  expect(complaints).toEqual([]);
});

when('without JavaScript the steps say what GitHub does not, and can be gone through', async () => {
  await using world = await startWorld({ files: FILES });
  const { github } = world;
  github.changeInstallation({ account: 'acme', action: 'created' });
  await world.drain();
  await using opened = await openDashboard(world, {
    ...{ login: AUTHOR, javaScript: false, size: 'phone', theme: 'dark' },
  });
  if (!opened) throw new Error('There is no browser.');
  const { page } = opened;
  github.fail({ method: 'GET', path: /\/contents|\/trees/, times: 100, kind: 'status', status: 403 });
  await opened.open(`/start/${String(world.repoId())}`);
  await page.getByText('GitHub does not show the files').waitFor();
  github.stopFailing();
  await opened.open(`/start/${String(world.repoId())}`);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/start-phone.png`, fullPage: true });
  await page.getByRole('button', { name: 'Save and go on' }).click();
  await page.getByRole('link', { name: 'Go on to the first preview' }).click();
  await page.getByText('Waiting for the workflow file').waitFor();
});
