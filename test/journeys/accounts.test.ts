import { expect, test } from '@jest/globals';
import { findBrowser, openBrowser } from '../support/open-browser.js';
import { startMailServer } from '../support/mail-server.js';
import { startApp } from '../support/start-app.js';

const browser = findBrowser();
const inBrowser = browser ? test : test.skip;

const EMAIL = 'mona@example.com';
const FIRST = 'correct horse battery';
const SECOND = 'another staple entirely';

inBrowser('a person signs up by a mail, signs in, forgets the password and chooses a new one', async () => {
  await using mail = await startMailServer();
  const app = await startApp({
    config: { passwordAccounts: 'open', mailFrom: 'vitrine@example.com' },
    secrets: { smtpUrl: mail.url },
  });
  try {
    await using opened = await openBrowser(browser ?? '');
    const page = await opened.context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())));
    const heading = () => page.getByRole('heading').first().textContent();
    const submit = () => Promise.all([page.waitForNavigation(), page.getByRole('button').first().click()]);
    const fill = async (fields: Readonly<Record<string, string>>) => {
      for (const [name, value] of Object.entries(fields)) await page.fill(`input[name="${name}"]`, value);
      await submit();
    };
    const note = () => page.getByRole('alert').textContent();

    await page.goto(`${app.url}/sign-in`);
    await page.getByRole('link', { name: 'Make an account' }).click();
    await fill({ email: EMAIL });
    expect(await heading()).toBe('Look into your mailbox');
    await app.drain();

    const link = mail.linkTo(EMAIL);
    await page.goto(link);
    expect(await heading()).toBe('Choose a password');
    await fill({ name: 'Mona', password: FIRST });
    expect(await heading()).toBe('Your account');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Mona');
    await page.goto(link);
    expect(await heading()).toBe('This link does not work any more');

    await page.goto(`${app.url}/sign-in`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(/sign-in/);
    await fill({ email: EMAIL, password: 'not the password' });
    expect(await note()).toBe('The e-mail address or the password is wrong.');
    expect(await page.inputValue('input[name="email"]')).toBe(EMAIL);
    await fill({ password: FIRST });
    await page.goto(`${app.url}/sign-in`);
    expect([await heading(), new URL(page.url()).pathname]).toEqual(['Your account', '/account']);

    await page.goto(`${app.url}/reset-password`);
    await fill({ email: EMAIL });
    await app.drain();
    await page.goto(mail.linkTo(EMAIL));
    expect(await heading()).toBe('Choose a new password');
    await fill({ password: SECOND });
    expect(await heading()).toBe('Your password is changed');
    await page.goto(`${app.url}/sign-in`);
    // The reset ended the session of this browser too.
    expect(await heading()).toBe('Sign in to Vitrine');
    await fill({ email: EMAIL, password: FIRST });
    expect(await note()).toBe('The e-mail address or the password is wrong.');
    await fill({ password: SECOND });
    await page.goto(`${app.url}/change-password`);
    await fill({ current: SECOND, password: FIRST });
    expect(await heading()).toBe('Your password is changed');
    await app.drain();
    expect(mail.mails.map(({ subject }) => subject)).toEqual([
      'Confirm your e-mail address',
      'Choose a new password',
      'Your password was changed',
      'Your password was changed',
    ]);
    expect(problems).toEqual([]);
  } finally {
    await app.close();
  }
});
