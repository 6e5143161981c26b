import type { Page } from '../../../src/contract/operation.js';
import { PASSWORD_PAGE, RESET_PAGE, SIGN_UP_PAGE } from '../../../src/contract/people/passwords.js';
import { SIGN_IN, signOut, submitMailPreferences } from '../../../src/contract/people/sign-in.js';
import { maskedProof, type StoredSession } from '../../../src/people/session.js';
import type { AccountMailsPorts } from '../../../src/people/account-mails.js';
import type { AccountRulesPorts } from '../../../src/people/account-rules.js';
import type { ProviderPorts } from '../../../src/people/sign-in.js';
import { accountsOf, type ProviderName, type User } from '../../../src/people/user.js';
import { showHome } from '../../../src/contract/server.js';
import { loadPage } from '../../render.js';

interface Way {
  readonly label: string;
  readonly href: string;
}

interface SignInModel {
  readonly ways: readonly Way[];
  /** The form for an address and a password; null where there are no such accounts. */
  readonly password: PasswordModel | null;
  readonly person: PersonModel | null;
  readonly home: string;
}

interface PasswordModel extends Typed {
  readonly action: string;
  readonly returnTo: string;
  readonly reset: string;
  /** Empty where no new person can sign up. */
  readonly signUp: string;
}

/** What was sent, and what was wrong with it. */
export interface Typed {
  readonly email: string;
  readonly message: string;
}

interface PersonModel {
  readonly name: string;
  readonly email: string;
  readonly connected: readonly string[];
  readonly connectable: readonly Way[];
  /** Null where the person cannot have a password. */
  readonly password: Way | null;
  /** Which mails about deployments the person gets; null where none are sent. */
  readonly mails: {
    readonly action: string;
    readonly onSuccess: boolean;
    readonly onFailure: boolean;
  } | null;
  readonly signOut: string;
  readonly csrf: string;
}

interface Shown {
  readonly user: User | null;
  readonly session: StoredSession | null;
  readonly returnTo: string;
  /** Whether the person has a password. */
  readonly hasPassword?: boolean;
  readonly typed?: Typed;
}

export type SignInPagePorts = ProviderPorts & AccountRulesPorts & AccountMailsPorts;

/** The page that lists the configured ways, and that shows who is signed in which accounts they have connected. */
export function loadSignInPage(ports: SignInPagePorts): (shown: Shown) => Page {
  const { providers } = ports;
  const render = loadPage<SignInModel>({
    template: 'pages/sign-in',
    style: 'setup-style',
    formAction: ["'self'"],
  });
  return ({ user, session, returnTo, hasPassword = false, typed = { email: '', message: '' } }) => {
    const ways = providers.map(({ name, label }) => ({ label, href: hrefOf(name, { return_to: returnTo }) }));
    const person = user && session ? personModel(ports, { user, session, hasPassword }) : null;
    const password = passwordModel(ports, { returnTo, typed });
    return render({ ways, person, password, home: showHome.path });
  };
}

function passwordModel(
  { passwordAccounts }: AccountRulesPorts,
  { returnTo, typed }: { readonly returnTo: string; readonly typed: Typed },
): PasswordModel | null {
  if (passwordAccounts === 'off') return null;
  const signUp = passwordAccounts === 'closed' ? '' : SIGN_UP_PAGE;
  return { ...typed, action: SIGN_IN, returnTo, reset: RESET_PAGE, signUp };
}

interface PersonParts {
  readonly user: User;
  readonly session: StoredSession;
  readonly hasPassword: boolean;
}

function personModel(ports: SignInPagePorts, { user, session, hasPassword }: PersonParts): PersonModel {
  const { providers, passwordAccounts, accountMails } = ports;
  const link = maskedProof(session, 'link');
  const has = (name: ProviderName) => accountsOf(user).includes(name);
  const mayHavePassword = passwordAccounts !== 'off' && user.emailVerified;
  return {
    name: user.name,
    email: user.email ?? '',
    connected: [
      ...providers.filter(({ name }) => has(name)).map(({ label }) => label),
      ...(mayHavePassword && hasPassword ? ['E-mail address and password'] : []),
    ],
    connectable: providers
      .filter(({ name }) => !has(name))
      .map(({ name, label }) => ({ label, href: hrefOf(name, { link }) })),
    password: mayHavePassword
      ? { label: hasPassword ? 'Change your password' : 'Set a password', href: PASSWORD_PAGE }
      : null,
    mails: accountMails.available && user.emailVerified ? mailsOf(user) : null,
    signOut: signOut.path,
    csrf: maskedProof(session, 'write'),
  };
}

function mailsOf({ preferences: { email, emailOnSuccess, emailOnFailure } }: User): PersonModel['mails'] {
  const action = submitMailPreferences.path;
  return { action, onSuccess: email && emailOnSuccess, onFailure: email && emailOnFailure };
}

function hrefOf(name: ProviderName, query: Readonly<Record<string, string>>): string {
  return `${SIGN_IN}/${name}?${String(new URLSearchParams(query))}`;
}
