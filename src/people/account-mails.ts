import { hashToken } from './api-token.js';
import { newSecret } from './session.js';
import type { LinkStore } from './password.js';

/** Mails about an account, each with what only its receiver may know. */
export const ACCOUNT_MAILS = ['sign-up', 'reset', 'password-changed', 'invited'] as const;
export type AccountMail = (typeof ACCOUNT_MAILS)[number];

export interface AccountMailRequest {
  readonly mail: AccountMail;
  /** Not known to be an address of an account. */
  readonly to: string;
  readonly project?: { readonly id: string; readonly name: string };
  readonly invitedBy?: string;
}

/**
 * Where mails wait until a worker sends them. Whether an address has an account, and which mail it gets, is found out then: so a request
 * for one takes the same time for every address, and no link is ever stored.
 */
export interface AccountMails {
  /** Whether the operator has named a mail server. */
  readonly available: boolean;
  request(mail: AccountMailRequest): Promise<void>;
}

export interface AccountMailsPorts {
  readonly accountMails: AccountMails;
}

export const VERIFY_HOURS = 24;
export const RESET_MINUTES = 60;

/** A new link of 256 random bits, of which only the hash is kept. The one before stops working. */
export async function newLink(
  links: LinkStore,
  { owner, now, minutes }: { readonly owner: string; readonly now: Date; readonly minutes: number },
): Promise<string> {
  const secret = newSecret();
  const expiresAt = new Date(now.getTime() + minutes * 60_000);
  await links.save({ owner, hash: hashToken(secret), createdAt: now, expiresAt });
  return secret;
}
