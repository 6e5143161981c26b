import type { Page } from '../../../src/contract/operation.js';
import { PASSWORD_PAGE, RESET_PAGE, SIGN_UP_PAGE } from '../../../src/contract/people/passwords.js';
import { SIGN_IN, signOut } from '../../../src/contract/people/sign-in.js';
import { requestProof, type StoredSession } from '../../../src/people/session.js';
import type { AccountRulesPorts } from '../../../src/people/account-rules.js';
import type { ProviderPorts } from '../../../src/people/sign-in.js';
import type { ProviderName, User } from '../../../src/people/user.js';
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
}

interface PasswordModel extends Typed {
  readonly action: string;
  readonly returnTo: string;
  readonly reset: string;
  /** Empty where nobody new can sign up. */
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
  /** Empty where the person cannot have a password. */
  readonly changePassword: string;
  readonly signOut: string;
  readonly csrf: string;
}

interface Shown {
  readonly user: User | null;
  readonly session: StoredSession | null;
  readonly returnTo: string;
  readonly typed?: Typed;
}

/** The page that lists the configured ways, and that shows who is signed in which accounts they have connected. */
export function loadSignInPage(ports: ProviderPorts & AccountRulesPorts): (shown: Shown) => Page {
  const { providers } = ports;
  const render = loadPage<SignInModel>({
    template: 'pages/sign-in',
    style: 'setup-style',
    formAction: ["'self'"],
  });
  return ({ user, session, returnTo, typed = { email: '', message: '' } }) => {
    const ways = providers.map(({ name, label }) => ({ label, href: hrefOf(name, { return_to: returnTo }) }));
    const person = user && session ? personModel({ user, session, ...ports }) : null;
    return render({ ways, person, password: passwordModel(ports, { returnTo, typed }) });
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

interface PersonParts extends ProviderPorts, AccountRulesPorts {
  readonly user: User;
  readonly session: StoredSession;
}

function personModel({ user, session, providers, passwordAccounts }: PersonParts): PersonModel {
  const link = requestProof(session, 'link');
  const has = (name: ProviderName) => accountsOf(user).includes(name);
  return {
    name: user.name,
    email: user.email ?? '',
    connected: providers.filter(({ name }) => has(name)).map(({ label }) => label),
    connectable: providers
      .filter(({ name }) => !has(name))
      .map(({ name, label }) => ({ label, href: hrefOf(name, { link }) })),
    changePassword: passwordAccounts === 'off' || !user.emailVerified ? '' : PASSWORD_PAGE,
    signOut: signOut.path,
    csrf: requestProof(session, 'write'),
  };
}

function hrefOf(name: ProviderName, query: Readonly<Record<string, string>>): string {
  return `${SIGN_IN}/${name}?${String(new URLSearchParams(query))}`;
}

/** The providers at which the person has an account that is theirs here too. */
export function accountsOf({ githubId, googleId, openId }: User): ProviderName[] {
  return [
    ...(githubId === null ? [] : (['github'] as const)),
    ...(googleId === null ? [] : (['google'] as const)),
    ...(openId === null ? [] : (['openid'] as const)),
  ];
}
