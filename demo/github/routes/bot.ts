import { accountDocument } from '../account-document.js';
import type { Account, Json } from '../documents.js';
import type { InstalledApp } from '../emulate.js';
import type { Actor } from '../identity/actors.js';
import type { World } from '../world.js';

/** GitHub's own number of the account `github-actions[bot]`; other Apps get one derived from their id. */
const ACTIONS_BOT = { appId: 15_368, accountId: 41_898_282 };

export function botAccount(world: World, app: { readonly id: number; readonly slug: string }): Account {
  const id = app.id === ACTIONS_BOT.appId ? ACTIONS_BOT.accountId : 180_000_000 + app.id;
  return accountDocument(world.url, { login: `${app.slug}[bot]`, id, type: 'Bot' });
}

/** The account whose name GitHub shows beside what a request made. */
export function authorOf(world: World, actor: Actor): Account {
  if (actor.kind === 'installation') return botAccount(world, { id: actor.appId, slug: actor.slug });
  const login = actor.kind === 'user' ? actor.login : 'ghost';
  return world.state.accounts.get(login) ?? accountDocument(world.url, { login, id: 10_137, type: 'User' });
}

export function appOf(world: World, actor: Actor): InstalledApp | undefined {
  const { ours, actions } = world.apps;
  if (actor.kind !== 'installation') return undefined;
  return [ours, actions].find((app) => app.id === actor.appId);
}

export function appDocument(world: World, app: InstalledApp) {
  const created = '2024-01-01T00:00:00Z';
  const owner = world.state.accounts.get(Object.keys(app.installations)[0] ?? '');
  return {
    id: app.id,
    slug: app.slug,
    node_id: Buffer.from(`App:${app.id}`).toString('base64'),
    client_id: `Iv23li${app.id}`,
    owner: owner ?? authorOf(world, { kind: 'nobody' }),
    name: app.name,
    description: '',
    external_url: `${world.url}/apps/${app.slug}`,
    html_url: `${world.url}/apps/${app.slug}`,
    created_at: created,
    updated_at: created,
    permissions: app.permissions,
    events: app === world.apps.ours ? world.options.app.events : [],
  } satisfies Json;
}
