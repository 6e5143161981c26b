import { z } from 'zod';
import { PASSWORD_ACCOUNTS } from '../../src/people/account-rules.js';
import { isAllowance } from './addresses.js';

/** `Vitrine <vitrine@example.com>`, or an address alone. */
const SENDER = /^(?:[^<>@"\\\r\n,]{0,100}<)?[^\s<>@",]{1,64}@[^\s<>@",]{1,255}>?$/;

/** The variables of mails, accounts with a password and outgoing requests that may be shown. */
export const ACCOUNT_VARIABLES = {
  MAIL_FROM: z
    .string()
    .regex(SENDER, 'must be an address such as vitrine@example.com, or Vitrine <vitrine@example.com>')
    .optional(),
  PASSWORD_ACCOUNTS: z
    .enum(PASSWORD_ACCOUNTS, `must be ${PASSWORD_ACCOUNTS.slice(0, -1).join(', ')} or open`)
    .default('off'),
  ALLOW_PRIVATE_ADDRESSES: z
    .string()
    .default('')
    .transform(listed)
    .refine(
      (entries) => entries.every(isAllowance),
      'must be host names, addresses or ranges such as 10.1.0.0/16, separated by commas',
    ),
} as const;

function listed(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '');
}

/** It may hold the password of the mail server. */
export const MAIL_SECRET_VARIABLES = {
  SMTP_URL: z
    .string()
    .refine(isSmtpUrl, 'must be the address of a mail server, such as smtps://user:password@mail.example.com')
    .optional(),
} as const;

function isSmtpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^smtps?:$/.test(url.protocol) && url.hostname !== '';
}

/** Accounts with a password need mails, and mails need a sender. */
export function missingForMail(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const { SMTP_URL, MAIL_FROM, PASSWORD_ACCOUNTS: passwords = 'off' } = env;
  const wanted = SMTP_URL !== undefined || MAIL_FROM !== undefined || passwords !== 'off';
  if (!wanted) return [];
  return [...(SMTP_URL === undefined ? ['SMTP_URL'] : []), ...(MAIL_FROM === undefined ? ['MAIL_FROM'] : [])];
}
