import type { Page } from '../../../src/contract/operation.js';
import { RESET_PAGE, SIGN_UP_PAGE } from '../../../src/contract/people/passwords.js';
import { SIGN_IN } from '../../../src/contract/people/sign-in.js';
import type { AccountRulesPorts } from '../../../src/people/account-rules.js';
import type { ProviderPorts } from '../../../src/people/sign-in.js';
import type { ProviderName } from '../../../src/people/user.js';
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

interface Shown {
  readonly returnTo: string;
  readonly typed?: Typed;
}

export type SignInPagePorts = ProviderPorts & AccountRulesPorts;

/** The page that lists the configured ways of signing in. */
export function loadSignInPage(ports: SignInPagePorts): (shown: Shown) => Page {
  const { providers } = ports;
  const render = loadPage<SignInModel>({
    template: 'pages/sign-in',
    style: 'setup-style',
    formAction: ["'self'"],
  });
  return ({ returnTo, typed = { email: '', message: '' } }) => {
    const ways = providers.map(({ name, label }) => ({ label, href: hrefOf(name, { return_to: returnTo }) }));
    return render({ ways, password: passwordModel(ports, { returnTo, typed }), home: showHome.path });
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

/** Where the browser is led to a provider. */
export function hrefOf(name: ProviderName, query: Readonly<Record<string, string>>): string {
  return `${SIGN_IN}/${name}?${String(new URLSearchParams(query))}`;
}
