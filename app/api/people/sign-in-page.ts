import type { Page } from '../../../src/contract/operation.js';
import { SIGN_IN, signOut } from '../../../src/contract/sign-in.js';
import { requestProof, type StoredSession } from '../../../src/people/session.js';
import type { ProviderPorts } from '../../../src/people/sign-in.js';
import type { ProviderName, User } from '../../../src/people/user.js';
import { loadPage } from '../../render.js';

interface Way {
  readonly label: string;
  readonly href: string;
}

interface SignInModel {
  readonly ways: readonly Way[];
  readonly person: PersonModel | null;
}

interface PersonModel {
  readonly name: string;
  readonly email: string;
  readonly connected: readonly string[];
  readonly connectable: readonly Way[];
  readonly signOut: string;
  readonly csrf: string;
}

interface Shown {
  readonly user: User | null;
  readonly session: StoredSession | null;
  readonly returnTo: string;
}

/** The page that lists the configured ways, and that shows who is signed in which accounts they have connected. */
export function loadSignInPage({ providers }: ProviderPorts): (shown: Shown) => Page {
  const render = loadPage<SignInModel>({
    template: 'pages/sign-in',
    style: 'setup-style',
    formAction: ["'self'"],
  });
  return ({ user, session, returnTo }) => {
    const ways = providers.map(({ name, label }) => ({ label, href: hrefOf(name, { return_to: returnTo }) }));
    const person = user && session ? personModel({ user, session, providers }) : null;
    return render({ ways, person });
  };
}

function personModel({ user, session, providers }: { user: User; session: StoredSession } & ProviderPorts) {
  const link = requestProof(session, 'link');
  const has = (name: ProviderName) => accountsOf(user).includes(name);
  return {
    name: user.name,
    email: user.email ?? '',
    connected: providers.filter(({ name }) => has(name)).map(({ label }) => label),
    connectable: providers
      .filter(({ name }) => !has(name))
      .map(({ name, label }) => ({ label, href: hrefOf(name, { link }) })),
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
