import { createAccountMails } from '../../src/notifications/account-mail.js';
import type { MailerPorts } from '../../src/notifications/mailer.js';
import type { AccountMailsPorts } from '../../src/people/account-mails.js';
import type { AccountRulesPorts } from '../../src/people/account-rules.js';
import { createPasswords, type PasswordPorts } from '../../src/people/password.js';
import type { AskProgramPorts } from '../../src/shared/reach.js';
import type { OutgoingPorts } from '../../src/shared/safe-fetch.js';
import type { TargetPorts } from '../../src/targets/target.js';
import type { Config } from '../config/config.js';
import type { Secrets } from '../config/secrets.js';
import { askProgram } from '../http/ask-program.js';
import { createSafeFetch, createVisit } from '../http/safe-fetch.js';
import { createMailer } from '../mail/mailer.js';
import type { Stores } from '../ports.js';
import { newId } from '../store/shared/write.js';

interface OutgoingParts {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly stores: Stores;
  readonly publicUrl: string;
}

type Outgoing = OutgoingPorts &
  MailerPorts &
  AccountMailsPorts &
  AccountRulesPorts &
  PasswordPorts &
  AskProgramPorts &
  Pick<TargetPorts, 'visit'>;

/** What is sent to addresses that users give, by HTTP and by mail, and the accounts that need mails. */
export function composeOutgoing({ config, secrets, stores, publicUrl }: OutgoingParts): Outgoing {
  const safeFetch = createSafeFetch(config);
  const mailer = createMailer({ smtpUrl: secrets.smtpUrl, from: config.mailFrom, publicUrl });
  return {
    safeFetch,
    visit: createVisit(safeFetch),
    askProgram,
    mailer,
    accountMails: createAccountMails({ notifications: stores.notifications, mailer, newId }),
    passwords: createPasswords(),
    passwordAccounts: config.passwordAccounts,
  };
}
