import type { GitHubUserPorts } from '../../src/people/github-connection.js';
import type { Provider, ProviderPorts } from '../../src/people/sign-in.js';
import type { AdministratorPorts } from '../../src/people/user.js';
import type { Clock, Log } from '../../src/shared/tools.js';
import type { Config } from '../config/config.js';
import type { Secrets } from '../config/secrets.js';
import { callbackUrl, githubWebsite } from '../config/sign-in.js';
import { createGitHubUsers, NO_GITHUB_USERS } from '../github/users/create-github-users.js';
import { createOpenIdProvider } from '../sign-in/openid.js';

interface PeopleParts {
  readonly config: Pick<Config, 'signIn' | 'githubApiUrl' | 'admins'>;
  readonly secrets: Pick<Secrets, 'signIn'>;
  readonly publicUrl: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The ways of signing in that are configured, in the order of the sign-in page, and what needs them. */
export function composePeople(parts: PeopleParts): ProviderPorts & GitHubUserPorts & AdministratorPorts {
  const github = composeGitHub(parts);
  const providers = [github?.provider, composeGoogle(parts), composeOpenId(parts)];
  return {
    providers: providers.filter((one): one is Provider => one !== null && one !== undefined),
    githubUsers: github?.users ?? NO_GITHUB_USERS,
    admins: parts.config.admins,
  };
}

function composeGitHub({ config, secrets, publicUrl, version, clock, log }: PeopleParts) {
  const { clientId } = config.signIn.github ?? {};
  const clientSecret = secrets.signIn.github;
  if (clientId === undefined || clientSecret === undefined) return null;
  return createGitHubUsers({
    website: githubWebsite(config.githubApiUrl),
    apiUrl: config.githubApiUrl,
    clientId,
    clientSecret,
    callbackUrl: callbackUrl(publicUrl, 'github'),
    userAgent: `vitrine/${version}`,
    clock,
    log,
  });
}

function composeGoogle({ config: { signIn }, secrets, publicUrl, log }: PeopleParts): Provider | null {
  const clientSecret = secrets.signIn.google;
  if (!signIn.google || clientSecret === undefined) return null;
  const callback = callbackUrl(publicUrl, 'google');
  const scope = 'openid email profile';
  const common = { name: 'google', label: 'Google', scope, callbackUrl: callback, log } as const;
  return createOpenIdProvider({ ...common, ...signIn.google, clientSecret });
}

function composeOpenId({ config: { signIn }, secrets, publicUrl, log }: PeopleParts): Provider | null {
  const clientSecret = secrets.signIn.openId;
  if (!signIn.openId || clientSecret === undefined) return null;
  const { name: label, ...rest } = signIn.openId;
  const callback = callbackUrl(publicUrl, 'openid');
  return createOpenIdProvider({
    ...rest,
    label,
    clientSecret,
    name: 'openid',
    callbackUrl: callback,
    log,
  });
}
