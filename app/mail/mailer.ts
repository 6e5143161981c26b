import type { SentMessageInfo } from 'nodemailer';
import type SMTPTransport from 'nodemailer/lib/smtp-transport';
import type { Mail, MailKind, MailModels, Mailer, MailResult } from '../../src/notifications/mailer.js';
import { messageOf } from '../../src/shared/errors.js';
import { oneLine } from '../../src/shared/markdown.js';
import { isLoopback } from '../config/config.js';
import { loadMail, type MailSender, type MailText } from '../render.js';

interface MailerOptions {
  /** The operator's mail server; undefined when there is none. It may hold a password. */
  readonly smtpUrl: string | undefined;
  readonly from: string | undefined;
  readonly publicUrl: string;
}

const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 } as const;
const LONGEST_SUBJECT = 200;

/** Sends mails over SMTP, each over a connection of its own: an idle one would keep a server from stopping. */
export function createMailer({ smtpUrl, from, publicUrl }: MailerOptions): Mailer {
  if (smtpUrl === undefined || from === undefined) return NO_MAIL;
  const options = smtpOptions(smtpUrl);
  const templates = loadTemplates();
  const { hostname } = new URL(publicUrl);
  return {
    available: true,
    async send(mail) {
      if (!ONE_ADDRESS.test(mail.to)) return NO_ADDRESS;
      const { subject, text, html } = render(templates, { ...mail, server: publicUrl });
      try {
        const transport = await openTransport(options);
        const sent = await transport.sendMail({
          from,
          to: { name: '', address: mail.to },
          subject: oneLine(subject, LONGEST_SUBJECT),
          text,
          html,
          messageId: `<${mail.id}@${hostname}>`,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          disableFileAccess: true,
          disableUrlAccess: true,
        });
        return { accepted: true, temporary: false, text: answerOf(sent) };
      } catch (error) {
        return refusalOf(error);
      }
    },
  };
}

/** Loads the library with the first mail: most starts of a server come without one. */
async function openTransport(options: ReturnType<typeof smtpOptions>) {
  const { createTransport } = await import('nodemailer');
  return createTransport(options);
}

/** Somebody waits for the answer. */
const SHORT = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 8_000 } as const;

/** Connects, encrypts and signs in as for a mail, and sends none; throws what the mail server said. */
export async function verifyMailServer(smtpUrl: string): Promise<void> {
  const transport = await openTransport({ ...smtpOptions(smtpUrl), ...SHORT });
  await transport.verify().finally(() => transport.close());
}

/** Nothing that could be read as a second address, a name or a header. */
const ONE_ADDRESS = /^[^\s<>()[\]",;:\\@]+@[^\s<>()[\]",;:\\@]+$/;
const NO_ADDRESS: MailResult = { accepted: false, temporary: false, text: 'This is not an e-mail address.' };

const NO_MAIL: Mailer = {
  available: false,
  send: async () => ({ accepted: false, temporary: false, text: 'The operator has not set SMTP_URL.' }),
};

/** A password goes over an encrypted connection only, except to this machine. */
function smtpOptions(smtpUrl: string): SMTPTransport.Options {
  const url = new URL(smtpUrl);
  const secure = url.protocol === 'smtps:';
  const { hostname, username, password } = url;
  const port = url.port === '' ? (secure ? 465 : 587) : Number(url.port);
  const auth =
    username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } };
  const requireTLS = !secure && username !== '' && !isLoopback(hostname);
  return { host: hostname.replace(/^\[|\]$/g, ''), port, secure, requireTLS, ...auth, ...TIMEOUTS };
}

function answerOf({ response }: SentMessageInfo): string {
  return typeof response === 'string' ? response : '';
}

/** A code of 500 and more is for good, except where the server refuses ours: the operator can mend that. */
function refusalOf(error: unknown): MailResult {
  const { responseCode, code } = error as { readonly responseCode?: unknown; readonly code?: unknown };
  const forGood = typeof responseCode === 'number' && responseCode >= 500 && code !== 'EAUTH';
  return { accepted: false, temporary: !forGood, text: messageOf(error) };
}

type Templates = { readonly [Kind in MailKind]: MailText<MailModels[Kind] & MailSender> };

/** Read and parsed at the start, so that a mistake in one stops the start and not a mail. */
function loadTemplates(): Templates {
  return {
    'deployment-succeeded': loadMail('deployment-succeeded'),
    'deployment-failed': loadMail('deployment-failed'),
    'verify-email': loadMail('verify-email'),
    'has-account': loadMail('has-account'),
    'reset-password': loadMail('reset-password'),
    'no-password': loadMail('no-password'),
    'password-changed': loadMail('password-changed'),
    invited: loadMail('invited'),
  };
}

function render(
  templates: Templates,
  { kind, model, server }: Mail & MailSender,
): ReturnType<MailText<never>> {
  // The compiler cannot see that kind and model belong together.
  return (templates[kind] as MailText<Mail['model'] & MailSender>)({ ...model, server });
}
