import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { openDashboard } from '../../../support/dashboard.js';
import { findBrowser } from '../../../support/open-browser.js';
import { startReceiver } from '../../../support/receiver.js';
import { AUTHOR, openPullRequest, startWorld, type World } from '../../../support/start-world.js';

const SHOTS = process.env['SHOTS'];
const when = findBrowser() === undefined ? test.skip : test;

/** A project with one preview; the author is an administrator of its repository. */
async function withProject(world: World): Promise<string> {
  await openPullRequest(world, { title: 'A teal button' });
  const [project] = await world.app.ports.projects.ofRepo(world.repoId());
  return `/projects/${project?.id ?? ''}`;
}

async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

when(
  'an administrator mends a setting beside its field, sets a secret, and deletes by typing the name',
  async () => {
    await using world = await startWorld();
    const project = await withProject(world);
    await using opened = await openDashboard(world);
    if (!opened) throw new Error('There is no browser.');
    const { page, complaints } = opened;
    await opened.open('/projects');
    await shot(page, 'projects');
    await page.getByRole('link', { name: 'hello' }).first().click();
    await page.getByRole('link', { name: 'A teal button' }).waitFor();
    await shot(page, 'project');

    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await shot(page, 'project-settings');
    await page.locator('summary', { hasText: 'Limits' }).click();
    await page.getByLabel('limits.ttl', { exact: true }).fill('soon');
    await page.getByLabel('output', { exact: true }).fill('site');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const ttl = page.getByLabel('limits.ttl', { exact: true });
    await page.getByText(/limits\.ttl must be a time/).waitFor();
    expect(await ttl.inputValue()).toBe('soon');
    expect(await ttl.getAttribute('aria-invalid')).toBe('true');
    expect(await ttl.getAttribute('aria-describedby')).toContain('setting-limits-ttl-problem');
    expect(await page.getByLabel('output', { exact: true }).inputValue()).toBe('site');
    await shot(page, 'project-settings-error');
    await ttl.fill('3d');
    await page.getByRole('button', { name: 'Preview the file' }).click();
    await page.getByText('This is not saved yet.').waitFor();
    expect(await page.locator('pre').textContent()).toContain('ttl: 3d # set here');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('The settings are saved.').waitFor();
    const [stored] = await world.app.ports.projects.ofRepo(world.repoId());
    expect(stored?.settings).toEqual({ limits: { ttl: '3d' }, output: 'site' });

    await opened.open(`${project}/variables`);
    await page.getByLabel('Secret: never shown again, hidden in logs').check();
    await page.getByLabel('Name', { exact: true }).fill('API_KEY');
    await page.getByLabel('Value', { exact: true }).fill('hunter2-and-more');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByText('API_KEY is set.').waitFor();
    expect(await page.content()).not.toContain('hunter2');
    await page.getByText('Or paste the lines').click();
    await page.getByLabel('Lines, as NAME=value').fill('API_URL=https://api.example.com\nDEBUG=1');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByText('2 names are set.').waitFor();
    await shot(page, 'project-variables');

    await opened.open(`${project}/danger`);
    expect(await page.locator('.doomed').textContent()).toMatch(/pr-1.*A teal button[^]*API_KEY[^]*API_URL/);
    await shot(page, 'project-danger');
    await page.getByLabel('Type hello to confirm').fill('another');
    await page.getByRole('button', { name: 'Delete the project and all of this' }).click();
    await page.getByText('Nothing was deleted').waitFor();
    await page.getByLabel('Type hello to confirm').fill('hello');
    await page.getByRole('button', { name: 'Delete the project and all of this' }).click();
    await page.getByText('hello is being deleted').waitFor();
    await world.drain();
    expect(complaints).toEqual([]);
  },
);

when('without JavaScript members, channels and limits can be changed, and readers only read', async () => {
  await using receiver = await startReceiver();
  await using world = await startWorld({
    github: {
      users: [AUTHOR, 'reader', 'mona'],
      repositories: [{ fullName: 'acme/hello', collaborators: { reader: 'read' } }],
    },
  });
  const project = await withProject(world);
  await using opened = await openDashboard(world, { javaScript: false, size: 'phone', theme: 'dark' });
  if (!opened) throw new Error('There is no browser.');
  const { page } = opened;
  await opened.open(`${project}/members`);
  await page.getByLabel(/^Login at GitHub/).fill('mona');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('mona is a member now, and may read here.').waitFor();
  await page.getByLabel('Role of mona', { exact: true }).selectOption('write');
  await page.getByRole('button', { name: 'Change the role of mona' }).click();
  await page.getByText('mona may write here now.').waitFor();
  await shot(page, 'project-members-phone');

  await opened.open(`${project}/notifications`);
  await page.getByLabel('Name', { exact: true }).fill('Deploys');
  await page.getByLabel('Address', { exact: true }).fill('ftp://nowhere');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('alert').waitFor();
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Deploys');
  await page.getByLabel('Address', { exact: true }).fill(receiver.url);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('Copy it now').waitFor();
  const secret = (await page.locator('code.secret').textContent()) ?? '';
  expect(secret.length).toBeGreaterThan(20);
  await page.getByRole('button', { name: 'Send a test to Deploys' }).click();
  await page.getByText('The test message arrived').waitFor();
  expect(await page.content()).not.toContain(secret);
  await shot(page, 'project-notifications-phone');

  await opened.open(`${project}/limits`);
  await page.getByText('1 of 20').first().waitFor();
  await opened.open(`${project}/danger`);
  await page.getByRole('button', { name: 'Switch the project off' }).click();
  await page.getByText('hello is switched off').waitFor();

  await using reading = await openDashboard(world, { login: 'reader', javaScript: false });
  if (!reading) throw new Error('There is no browser.');
  await reading.open(`${project}/settings`);
  expect(await reading.page.getByLabel('output', { exact: true }).isDisabled()).toBe(true);
  expect(await reading.page.locator('main form button').count()).toBe(0);
  expect(await reading.page.locator('.tabs a').allTextContents()).toEqual([
    ...['Overview', 'Settings', 'Access', 'Variables', 'Members', 'Limits'],
  ]);
  await reading.page.getByRole('link', { name: 'Access', exact: true }).click();
  await reading.page.getByText('Public, by default. Everybody who knows the address').waitFor();
  expect(await reading.page.locator('main form').count()).toBe(0);
});
