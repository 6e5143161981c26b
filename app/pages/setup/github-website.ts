/** Where people go, for the address where programs go: github.com keeps them apart, an Enterprise Server does not. */
export function githubWebsite(apiUrl: string): string {
  const { hostname, origin } = new URL(apiUrl);
  if (hostname === 'api.github.com') return 'https://github.com';
  // Data residency: https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency
  if (hostname.startsWith('api.') && hostname.endsWith('.ghe.com'))
    return `https://${hostname.slice('api.'.length)}`;
  return origin;
}

/** The page where GitHub asks whether it should make the App. */
export function newAppUrl({
  apiUrl,
  organization,
  state,
}: {
  apiUrl: string;
  organization: string | undefined;
  state: string;
}): string {
  const owner = organization ? `/organizations/${encodeURIComponent(organization)}` : '';
  return `${githubWebsite(apiUrl)}${owner}/settings/apps/new?state=${state}`;
}
