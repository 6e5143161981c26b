import { VitrineError } from '../shared/errors.js';
import type { AccountRulesPorts } from './account-rules.js';
import type { AuditPorts } from './audit-log.js';
import { disconnectGitHub, type GitHubAccessPorts } from './github-access.js';
import type { PasswordStorePorts } from './password.js';
import type { ProviderPorts } from './sign-in.js';
import { accountsOf, type ProviderName, type User, type UserPorts } from './user.js';

type WayPorts = Pick<PasswordStorePorts, 'passwordHashes'> & AccountRulesPorts & ProviderPorts;
type Ports = WayPorts & UserPorts & GitHubAccessPorts & AuditPorts;

interface Disconnecting {
  readonly user: User;
  readonly provider: ProviderName;
}

/** Takes an account at a provider away from a person, who keeps at least one way to sign in. */
export async function disconnectAccount(ports: Ports, { user, provider }: Disconnecting): Promise<User> {
  if (!accountsOf(user).includes(provider))
    throw new VitrineError('not_found', `You have no account of ${provider} connected.`);
  if (!(await keepsWay(ports, { user, provider }))) throw lastWay(ports);
  if (provider === 'github') await disconnectGitHub(ports, user.id);
  const changed = await ports.users.disconnect(user, provider);
  // Of two requests at once, each could take away what the other one counts on.
  if (!changed)
    throw new VitrineError(
      'conflict',
      'Your accounts were changed at the same moment. Look at them again, and repeat this if it is still needed.',
    );
  const detail = `${provider} was disconnected.`;
  await ports.audit.record({ actor: user.id, action: 'unlink-account', subject: user.id, detail });
  return changed;
}

/** Whether the person can sign in without the account: by another provider that the server has, or with a password. */
async function keepsWay(ports: WayPorts, { user, provider }: Disconnecting): Promise<boolean> {
  const offered = ports.providers.map(({ name }) => name);
  const others = accountsOf(user).filter((name) => name !== provider && offered.includes(name));
  return others.length > 0 || (await hasPassword(ports, user));
}

/** A password opens an account by its proven address, and only while the server takes passwords. */
async function hasPassword(
  { passwordHashes, passwordAccounts }: WayPorts,
  { id, email, emailVerified }: User,
): Promise<boolean> {
  if (passwordAccounts === 'off' || email === null || !emailVerified) return false;
  return (await passwordHashes.get(id)) !== null;
}

function lastWay({ passwordAccounts }: AccountRulesPorts): VitrineError {
  const remedy =
    passwordAccounts === 'off'
      ? 'connect another account first'
      : 'connect another account, or set a password, first';
  return new VitrineError('conflict', `This is your only way to sign in here: ${remedy}.`);
}
