import { expect, test } from '@jest/globals';
import { openDashboard } from '../../../support/dashboard.js';
import { findBrowser } from '../../../support/open-browser.js';
import { AUTHOR, startWorld } from '../../../support/start-world.js';
import { signInWithGitHub } from '../../../support/visitor.js';

const SHOTS = process.env['SHOTS'];
const when = findBrowser() === undefined ? test.skip : test;

when('a person changes their preferences, sees a token once, and ends a session elsewhere', async () => {
  await using world = await startWorld();
  const { app, github } = world;
  const elsewhere = await signInWithGitHub({ app, github, login: AUTHOR });
  await using opened = await openDashboard(world);
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints } = opened;
  await opened.open('/sign-in');
  expect(new URL(page.url()).pathname).toBe('/account');
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/account-light.png`, fullPage: true });

  await page.getByLabel('Name', { exact: true }).fill('x'.repeat(101));
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Your name must have 1 to 100 characters.').waitFor();
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toHaveLength(101);
  await page.getByLabel('Name', { exact: true }).fill('Octavia of the sea');
  await page.getByLabel('Theme', { exact: true }).selectOption('dark');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Your preferences are saved.').waitFor();
  expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');

  await page.getByText('New token').click();
  await page.getByRole('button', { name: 'Make the token' }).click();
  await page.getByText('Give the token a name').waitFor();
  await page.getByLabel('Name of the token').fill('for CI');
  await page.getByRole('button', { name: 'Make the token' }).click();
  const token = (await page.locator('#new-token code').textContent()) ?? '';
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(`${app.url}/api/v1/projects`, { headers })).status).toBe(200);
  expect((await fetch(`${app.url}/api/v1/me`, { method: 'PATCH', headers })).status).toBe(403);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/account-dark.png`, fullPage: true });
  await opened.open('/account');
  expect(await page.content()).not.toContain(token);
  await page.getByText('Revoke', { exact: true }).click();
  await page.getByRole('button', { name: 'Revoke the token' }).click();
  await page.getByText('The token is revoked').waitFor();
  expect((await fetch(`${app.url}/api/v1/projects`, { headers })).status).toBe(401);

  expect((await elsewhere.ask('/api/v1/me')).status).toBe(200);
  await page.getByRole('button', { name: /^Sign out .*Firefox/ }).click();
  await page.getByText('That browser is signed out.').waitFor();
  expect((await elsewhere.ask('/api/v1/me')).status).toBe(401);
  expect(complaints).toEqual([]);
});
