import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createMailer } from '../../../app/mail/mailer.js';
import type { Mail } from '../../../src/notifications/mailer.js';
import { withoutLinks, wordingOf } from '../../../src/notifications/wording.js';
import { factsWith, HOSTILE } from '../../notifications/facts.js';
import { type MailServer, startMailServer } from '../../support/mail-server.js';
import { readPage } from '../../support/page.js';

let server: MailServer;

beforeAll(async () => {
  server = await startMailServer();
});
beforeEach(() => server.forget());
afterAll(() => server.close());

const mailer = (smtpUrl: string | undefined = server.url) =>
  createMailer({ smtpUrl, from: 'Vitrine <vitrine@example.com>', publicUrl: 'https://vitrine.example.com' });

const reset: Mail = {
  kind: 'reset-password',
  to: 'mona@example.com',
  id: 'f'.repeat(24),
  model: { href: 'https://vitrine.example.com/reset-password?token=x', minutes: 60 },
};

test('a mail has a text and an HTML form with the same link, and says that a program sent it', async () => {
  expect(await mailer().send(reset)).toMatchObject({ accepted: true });
  const [mail] = server.mails;
  expect(mail).toMatchObject({
    recipients: ['mona@example.com'],
    subject: 'Choose a new password',
    from: { text: '"Vitrine" <vitrine@example.com>' },
    messageId: `<${'f'.repeat(24)}@vitrine.example.com>`,
  });
  expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
  expect(mail?.text).toContain('https://vitrine.example.com/reset-password?token=x');
  expect(mail?.text).toContain('60 minutes');
  expect(mail?.html).toContain('href="https://vitrine.example.com/reset-password?token&#x3D;x"');
});

const models: readonly Mail[] = [
  { ...reset, kind: 'verify-email', model: { href: 'https://vitrine.example.com/v', hours: 24 } },
  {
    ...reset,
    kind: 'has-account',
    model: { signIn: 'https://vitrine.example.com/s', reset: 'https://vitrine.example.com/r' },
  },
  { ...reset, kind: 'no-password', model: { signIn: 'https://vitrine.example.com/s' } },
  { ...reset, kind: 'password-changed', model: { reset: 'https://vitrine.example.com/r' } },
  {
    ...reset,
    kind: 'invited',
    model: {
      ...{ project: 'site', by: 'Mona', isMember: false, makesAccount: true, days: 14 },
      ...{ href: 'https://vitrine.example.com/s', action: 'Make an account' },
    },
  },
];

test('every kind of mail can be written, and links to this server only', async () => {
  for (const mail of models) expect(await mailer().send(mail)).toMatchObject({ accepted: true });
  for (const { subject, text, html } of server.mails) {
    expect(subject).not.toBe('');
    for (const [link] of `${text} ${html}`.matchAll(/https?:\/\/[^\s"<>]+/g))
      expect(link).toMatch(/^https:\/\/vitrine\.example\.com\//);
  }
  expect(server.mails).toHaveLength(models.length);
});

function deploymentMail(text: string): Mail {
  const { title, lines, action } = withoutLinks(wordingOf('deployment.failed', factsWith(text)));
  return {
    ...{ to: 'mona@example.com', id: 'a'.repeat(24), kind: 'deployment-failed' },
    model: { title, lines, action, preferences: 'https://vitrine.example.com/sign-in' },
  };
}

test('a mail can be read in the dark, names the server that sent it, and shows a button', async () => {
  for (const mail of [...models, deploymentMail('Add a page')]) {
    await mailer().send(mail);
    const { html = '', text = '' } = server.mails.at(-1) ?? {};
    const page = readPage(html);
    expect(page.source('style')).toContain('prefers-color-scheme: dark');
    expect(page.count('a.button')).toBe(1);
    // Colours that a style of the mail cannot change are those of the day.
    expect(page.count('[style*="#5c6069"]:not(.soft)')).toBe(0);
    for (const words of [page.text(), text])
      expect(words).toMatch(/Sent by Vitrine, .*: https:\/\/vitrine\.example\.com\/$/m);
  }
});

test('an invitation says what the person has to do, and for how long it works', async () => {
  const [invitation] = models.filter((one) => one.kind === 'invited');
  if (invitation?.kind !== 'invited') throw new Error('There is no invitation.');
  const { model } = invitation;
  await mailer().send(invitation);
  const member = { ...model, isMember: true, makesAccount: false, action: 'Sign in' };
  await mailer().send({ ...invitation, model: member });
  expect(server.mails.map(({ subject }) => subject)).toEqual([
    'You are invited to the project site',
    'You are a member of the project site',
  ]);
  const [first, second] = server.mails.map(({ text }) => text);
  expect(first).toContain('made an account with this address. The invitation works for 14 days.');
  expect(second).toContain('Mona made you a member of the project site. Sign in to see its previews.');
});

test('what strangers write adds no header, no recipient, no element and no link to a mail', async () => {
  const one = mailer();
  await Promise.all(HOSTILE.map((text) => one.send(deploymentMail(text))));
  expect(server.mails).toHaveLength(HOSTILE.length);
  for (const { subject, recipients, text, html, headerLines } of server.mails) {
    expect(recipients).toEqual(['mona@example.com']);
    expect(subject).toBe('The deployment of site #7 failed');
    expect(headerLines).not.toMatch(/event: x|evil/);
    expect(html).not.toMatch(/<script|<img|onerror=y>|\u001b|\u202e/);
    const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    expect(
      links.filter(
        (href) =>
          !/^https?:\/\/([\w-]+\.localhost:3000|github\.com\/octo\/site|vitrine\.example\.com)\//.test(
            href ?? '',
          ),
      ),
    ).toEqual([]);
    // Mail programs make links of what looks like one.
    expect(`${text} ${html}`).not.toMatch(/https?:\/\/evil|www\.evil|[^\w/.-]evil\.example/);
  }
});

test('what is more than one plain address gets no mail', async () => {
  for (const to of [
    'mona@example.com\r\nBcc: eve@example.com',
    'mona@example.com, eve@example.com',
    '<eve@example.com>',
  ])
    expect(await mailer().send({ ...reset, to })).toMatchObject({ accepted: false, temporary: false });
  expect(server.mails).toEqual([]);
});

test('what the mail server refuses for good is not tried again, anything else is', async () => {
  server.answer(550, 'No such mailbox');
  expect(await mailer().send(reset)).toMatchObject({ accepted: false, temporary: false });
  server.answer(451, 'Try later');
  expect(await mailer().send(reset)).toMatchObject({ accepted: false, temporary: true });
  await using gone = await startMailServer();
  const { url } = gone;
  await gone.close();
  expect(await mailer(url).send(reset)).toMatchObject({ accepted: false, temporary: true });
});

test('a password is not sent over a connection that anybody on the way can read', async () => {
  // The server of the tests has no TLS; only a host that is not this machine needs it.
  const { port } = new URL(server.url);
  const result = await mailer(`smtp://user:secret@127.0.0.1.nip.invalid:${port}`).send(reset);
  expect(result.accepted).toBe(false);
  expect(result.text).not.toContain('secret');
});

test('without a mail server nothing is sent', async () => {
  const none = createMailer({ smtpUrl: undefined, from: undefined, publicUrl: 'http://localhost' });
  expect(none.available).toBe(false);
  expect(await none.send(reset)).toMatchObject({ accepted: false });
});
