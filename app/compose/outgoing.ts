import { createAccountMails } from '../../src/notifications/account-mail.js';
import type { MailerPorts } from '../../src/notifications/mailer.js';
import type { AccountMailsPorts } from '../../src/people/account-mails.js';
import type { AccountRulesPorts } from '../../src/people/account-rules.js';
import { createPasswords, type PasswordPorts } from '../../src/people/password.js';
import type { AskProgramPorts } from '../../src/shared/reach.js';
import type { AvatarPorts } from '../../src/people/user.js';
import type { OutgoingPorts } from '../../src/shared/safe-fetch.js';
import type { Log } from '../../src/shared/tools.js';
import type { TargetPorts } from '../../src/targets/target.js';
import type { Config } from '../config/config.js';
import type { Secrets } from '../config/secrets.js';
import { githubWebsite } from '../config/sign-in.js';
import { createAvatars, ownAvatarHosts } from '../github/users/avatars.js';
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
  readonly log: Log;
}

type Outgoing = OutgoingPorts &
  AvatarPorts &
  MailerPorts &
  AccountMailsPorts &
  AccountRulesPorts &
  PasswordPorts &
  AskProgramPorts &
  Pick<TargetPorts, 'visit'>;

/** What is sent to addresses that users give, by HTTP and by mail, and the accounts that need mails. */
export function composeOutgoing(parts: OutgoingParts): Outgoing {
  const { config, secrets, stores, publicUrl } = parts;
  const safeFetch = createSafeFetch(config);
  const mailer = createMailer({ smtpUrl: secrets.smtpUrl, from: config.mailFrom, publicUrl });
  return {
    safeFetch,
    visit: createVisit(safeFetch),
    askProgram,
    avatars: composeAvatars(parts),
    mailer,
    accountMails: createAccountMails({ notifications: stores.notifications, mailer, newId }),
    passwords: createPasswords(),
    passwordAccounts: config.passwordAccounts,
  };
}

/** GitHub gave the addresses. The operator named GitHub, so it may be asked in a private network too. */
function composeAvatars({ config, stores, log }: OutgoingParts): AvatarPorts['avatars'] {
  const website = githubWebsite(config.githubApiUrl);
  const allowPrivateAddresses = [...config.allowPrivateAddresses, ...ownAvatarHosts(website)];
  return createAvatars({
    ...{ users: stores.users, website, log },
    safeFetch: createSafeFetch({ allowPrivateAddresses }),
  });
}
