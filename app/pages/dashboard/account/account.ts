import { ACCOUNT, type accountPages } from '../../../../src/contract/dashboard/account.js';
import type { SessionView } from '../../../../src/contract/people/account.js';
import { PASSWORD_PAGE } from '../../../../src/contract/people/passwords.js';
import { maskedProof } from '../../../../src/people/session.js';
import { accountsOf, type ProviderName, type User } from '../../../../src/people/user.js';
import type { Handlers } from '../../../api/handler.js';
import { accountHandlers, personOf } from '../../../api/people/account.js';
import { hrefOf } from '../../../api/people/sign-in-page.js';
import type { Ports } from '../../../ports.js';
import { type Asking, perform } from '../call.js';
import type { Shell } from '../shell.js';
import { accountForms, type Again, type Forms, type ShowAccount } from './forms.js';
import { NEW_TOKEN, readTokens, type TokensModel } from './tokens.js';

interface Choice {
  readonly value: string;
  readonly label: string;
  readonly isChosen: boolean;
}

interface AccountModel extends TokensModel {
  readonly name: string;
  /** What was wrong with the name that was sent. */
  readonly nameProblem: string;
  readonly email: string;
  readonly isAdministrator: boolean;
  readonly themes: readonly Choice[];
  /** Null where no mails are sent. */
  readonly mails: { readonly onSuccess: boolean; readonly onFailure: boolean } | null;
  readonly sessions: readonly (SessionView & { readonly title: string; readonly since: string })[];
  readonly hasOtherSessions: boolean;
  readonly ways: readonly Way[];
  readonly connectable: readonly { readonly label: string; readonly href: string }[];
  /** Empty where the person cannot have a password. */
  readonly passwordPage: string;
  readonly hasPassword: boolean;
  readonly github: GitHubModel | null;
}

interface Way {
  readonly name: ProviderName;
  readonly label: string;
  readonly mayGo: boolean;
}

interface GitHubModel {
  readonly state: 'connected' | 'ended' | 'none';
  readonly isConnected: boolean;
  readonly login: string;
  readonly connectedAt: string;
  readonly href: string;
}

type Pages = Pick<Handlers<typeof accountPages>, 'showAccount'> & Forms;

export function accountPage(shell: Shell): Pages {
  const render = shell.page<AccountModel>('account');
  const show: ShowAccount = async (ports, input, again = {}) => {
    const model = await modelOf(ports, input, again);
    return render(ports, input, { title: 'Your account', section: 'account', at: ACCOUNT, model });
  };
  return { showAccount: (ports, input) => show(ports, input), ...accountForms(show) };
}

/** A person has a few; those beyond are ended with all the others. */
const SESSIONS = 50;

async function modelOf(ports: Ports, input: Asking, again: Again): Promise<AccountModel> {
  const [user, view, sessions, hash, tokens] = await Promise.all([
    personOf(ports, input.caller),
    perform(accountHandlers.getAccount, { ports, input }),
    perform(accountHandlers.listSessions, { ports, input, query: { limit: SESSIONS } }),
    personOf(ports, input.caller).then(({ id }) => ports.passwordHashes.get(id)),
    readTokens(ports, input),
  ]);
  const { preferences, emailVerified } = user;
  const hasMails = ports.accountMails.available && emailVerified;
  const mail = (wanted: boolean) => preferences.email && wanted;
  return {
    ...{ ...NEW_TOKEN, ...tokens, ...again.tokens },
    name: again.name ?? view.name,
    nameProblem: again.nameProblem ?? '',
    email: view.email ?? '',
    isAdministrator: view.administrator,
    themes: themesOf(preferences.theme),
    mails: hasMails
      ? { onSuccess: mail(preferences.emailOnSuccess), onFailure: mail(preferences.emailOnFailure) }
      : null,
    sessions: sessions.items.map((one) => ({ ...one, ...sessionText(one) })),
    hasOtherSessions: sessions.items.some(({ current }) => !current),
    ...waysOf(ports, { user, input, hasPassword: hash !== null }),
    github: githubOf(ports, view.githubConnection),
  };
}

const THEMES = { system: 'As your system has it', light: 'Light', dark: 'Dark' } as const;

function themesOf(chosen: User['preferences']['theme']): Choice[] {
  return Object.entries(THEMES).map(([value, label]) => ({ value, label, isChosen: value === chosen }));
}

function sessionText({ device, way, createdAt }: SessionView): { title: string; since: string } {
  const words = { github: 'GitHub', google: 'Google', openid: 'OpenID', password: 'a password' };
  const by = words[way as keyof typeof words] ?? way;
  return { title: `${device}, with ${by}`, since: createdAt };
}

interface Signed {
  readonly user: User;
  readonly input: Asking;
  readonly hasPassword: boolean;
}

function waysOf(
  { providers, passwordAccounts }: Pick<Ports, 'providers' | 'passwordAccounts'>,
  { user, input: { session }, hasPassword }: Signed,
): Pick<AccountModel, 'ways' | 'connectable' | 'passwordPage' | 'hasPassword'> {
  const link = session === null ? '' : maskedProof(session, 'link');
  const has = accountsOf(user);
  const mayHavePassword = passwordAccounts !== 'off' && user.emailVerified;
  const label = (name: ProviderName) => providers.find((one) => one.name === name)?.label ?? name;
  const usable = has.filter((name) => providers.some((one) => one.name === name)).length;
  const isLast = usable + (mayHavePassword && hasPassword ? 1 : 0) <= 1;
  return {
    ways: has.map((name) => ({ name, label: label(name), mayGo: !isLast })),
    connectable: providers
      .filter(({ name }) => !has.includes(name))
      .map((one) => ({ label: one.label, href: hrefOf(one.name, { link }) })),
    passwordPage: mayHavePassword ? PASSWORD_PAGE : '',
    hasPassword: mayHavePassword && hasPassword,
  };
}

function githubOf(
  { providers }: Pick<Ports, 'providers'>,
  {
    state,
    login,
    connectedAt,
  }: { state: GitHubModel['state']; login: string | null; connectedAt: string | null },
): GitHubModel | null {
  if (state === 'none' || !providers.some(({ name }) => name === 'github')) return null;
  const href = hrefOf('github', { return_to: '/account' });
  return {
    ...{ state, href, isConnected: state === 'connected' },
    login: login ?? '',
    connectedAt: connectedAt ?? '',
  };
}
