import { VitrineError } from '../shared/errors.js';

/**
 * Whether people can have accounts with an e-mail address and a password. `off`: no person signs in so; `closed`: no new person; `invited`: new
 * ones for people who were invited to a project, and for administrators; `open`: for everyone.
 */
export const PASSWORD_ACCOUNTS = ['off', 'closed', 'invited', 'open'] as const;
export type PasswordAccounts = (typeof PASSWORD_ACCOUNTS)[number];

export interface AccountRulesPorts {
  readonly passwordAccounts: PasswordAccounts;
}

/** Throws unless accounts with a password are switched on. */
export function requirePasswords(
  { passwordAccounts }: AccountRulesPorts,
  needs: 'sign-in' | 'sign-up',
): void {
  if (passwordAccounts === 'off')
    throw new VitrineError(
      'forbidden',
      'This server has no accounts with a password: its operator can switch them on (PASSWORD_ACCOUNTS).',
    );
  if (needs === 'sign-up' && passwordAccounts === 'closed')
    throw new VitrineError(
      'forbidden',
      'This server takes no new accounts with a password. Ask its operator.',
    );
}
