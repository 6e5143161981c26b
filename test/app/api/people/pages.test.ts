import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { findBrowser, openBrowser } from '../../../support/open-browser.js';
import { type MailServer, startMailServer } from '../../../support/mail-server.js';
import { openPage } from '../../../support/page.js';
import { startApp, type TestApp } from '../../../support/start-app.js';

const browser = findBrowser();
const inBrowser = browser ? test : test.skip;
const EMAIL = `${'long.'.repeat(12)}name@${'department.'.repeat(10)}example.com`;
const PASSWORD = 'correct horse battery';

let mail: MailServer;
let app: TestApp;

beforeAll(async () => {
  mail = await startMailServer();
  app = await startApp({
    config: { passwordAccounts: 'open', mailFrom: 'vitrine@example.com' },
    secrets: { smtpUrl: mail.url },
  });
});
afterAll(async () => {
  await app.close();
  await mail.close();
});

test('a page for people who are signed in leads to the sign-in page and back', async () => {
  const answer = await fetch(`${app.url}/change-password`, {
    redirect: 'manual',
    headers: { accept: 'text/html' },
  });
  expect([answer.status, answer.headers.get('location')]).toEqual([
    303,
    '/sign-in?return_to=%2Fchange-password',
  ]);
  const signIn = await openPage(`${app.url}${answer.headers.get('location') ?? ''}`);
  expect(signIn.forms[0]?.fields).toMatchObject({ return_to: '/change-password' });
});

test.each([
  ['/nowhere', 404, 'There is nothing here', 'Check the address'],
  ['/%E0%A4%A', 404, 'There is nothing here', 'Check the address'],
  ['/sign-out', 405, 'This address cannot be opened', 'Begin at the start page'],
  ['/sign-in/evil', 400, 'That did not work', 'Check the address'],
  ['/sign-in?nothing=1', 400, 'That did not work', 'A part of this address'],
])('a person at %s gets a page with words for people and a way on', async (path, status, heading, words) => {
  const page = await openPage(`${app.url}${path}`, { status });
  expect(page.texts('h1')).toEqual([heading]);
  expect(page.text()).toContain(words);
  expect(page.text()).not.toMatch(/\/api\/|token|Unrecognized|Invalid option/);
  expect(page.links['To the start page']).toBe('/');
  expect(page.text()).toMatch(/name this request: [0-9a-f]{16}/);
  const program = await fetch(`${app.url}${path}`, { headers: { accept: 'application/json' } });
  expect([program.status, program.headers.get('content-type')]).toEqual([
    ...[status, 'application/json; charset=utf-8'],
  ]);
});

test('a link that does not work any more leads to a new one of its kind', async () => {
  for (const path of ['/verify-email', '/reset-password'])
    expect((await openPage(`${app.url}${path}?token=x`)).links).toEqual({
      'Ask for another link': path === '/verify-email' ? '/sign-up' : '/reset-password',
      'To the sign-in page': '/sign-in',
    });
});

/** What of a page a person on a phone or with a screen reader would stumble over. */
const FAULTS = `(() => {
  const shown = [...document.querySelectorAll('main a, main button, summary, input')].filter((one) => one.offsetWidth > 0);
  const touched = (one) => (one.type === 'checkbox' ? one.closest('label') : one).getBoundingClientRect();
  const fields = shown.filter((one) => one.matches('input:not([type=checkbox])'));
  return [
    ...(document.documentElement.scrollWidth > innerWidth ? ['wider than the screen'] : []),
    ...(document.title.includes('Vitrine') ? [] : ['no title']),
    ...shown.filter((one) => touched(one).height < 40).map((one) => 'small: ' + one.outerHTML),
    ...shown.filter((one) => one.matches('input') && one.labels.length === 0).map(() => 'a field without a label'),
    ...fields.filter((one) => one.autocomplete === '').map((one) => 'no autocomplete: ' + one.name),
  ];
})()`;

async function expectNoFaults(page: Page): Promise<void> {
  expect([page.url(), await page.evaluate(FAULTS)]).toEqual([page.url(), []]);
}

inBrowser('the pages of accounts fit a phone and a finger, however long the names are', async () => {
  await using opened = await openBrowser(browser ?? '');
  const page = await opened.context.newPage();
  await page.setViewportSize({ width: 390, height: 844 });
  const submit = (button: string) =>
    Promise.all([page.waitForNavigation(), page.getByRole('button', { name: button }).click()]);
  for (const path of [
    '/',
    '/sign-in',
    '/reset-password',
    '/reset-password?token=x',
    '/nowhere',
    '/sign-up',
  ]) {
    await page.goto(`${app.url}${path}`);
    await expectNoFaults(page);
  }
  await page.fill('input[name=email]', EMAIL);
  await submit('Send the link');
  await expectNoFaults(page);
  await app.drain();

  await page.goto(mail.linkTo(EMAIL));
  await expectNoFaults(page);
  await page.fill('input[name=name]', 'W'.repeat(100));
  await page.fill('input[name=password]', PASSWORD);
  expect(await page.inputValue('input[autocomplete=username]')).toBe(EMAIL);
  await submit('Make the account');
  expect(new URL(page.url()).pathname).toBe('/account');
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  expect(await page.locator('[aria-labelledby=ways] li').allTextContents()).toEqual([
    'E-mail address and password',
  ]);

  await page.getByLabel('A deployment is live').check();
  await page.getByLabel('A deployment failed').uncheck();
  await submit('Save the choice');
  expect(await page.getByLabel('A deployment is live').isChecked()).toBe(true);
  expect((await app.ports.users.byProvenEmail(EMAIL))?.preferences).toMatchObject({
    ...{ email: true, emailOnSuccess: true, emailOnFailure: false },
  });

  await page.getByRole('link', { name: 'Change your password' }).click();
  await expectNoFaults(page);
  await page.fill('input[name=current]', PASSWORD);
  await page.fill('input[name=password]', `${PASSWORD} staple`);
  await submit('Change the password');
  await page.getByRole('link', { name: 'To your account' }).click();
  await page.evaluate("document.querySelectorAll('[name=csrf]').forEach((one) => (one.value = 'another'))");
  await submit('Sign out');
  expect(await page.getByRole('heading').textContent()).toBe('This is not allowed');
  expect(await page.locator('main').textContent()).toContain('Load it again, and repeat what you did.');
  await expectNoFaults(page);
});
