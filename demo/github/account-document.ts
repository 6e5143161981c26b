import type { Account } from './documents.js';

/** An account as GitHub writes it everywhere. */
export function accountDocument(url: string, account: { login: string; id: number; type: string }): Account {
  const api = `${url}/users/${encodeURIComponent(account.login)}`;
  return {
    ...account,
    node_id: Buffer.from(`${account.type}:${account.id}`).toString('base64'),
    avatar_url: `${url}/avatars/${account.id}`,
    gravatar_id: '',
    url: api,
    html_url: `${url}/${encodeURIComponent(account.login)}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    site_admin: false,
  };
}
