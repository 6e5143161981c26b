import { githubTime } from '../clock.js';
import type { Json } from '../documents.js';
import type { Delivery } from '../webhooks/delivery.js';
import { installationDocument } from '../routes/installation-document.js';
import type { World } from '../world.js';
import { personOf } from './repositories.js';

export interface InstallationChange {
  readonly account: string;
  readonly event?: 'installation' | 'installation_repositories';
  readonly action: 'created' | 'deleted' | 'suspend' | 'unsuspend' | 'added' | 'removed';
  /** Full names, for `installation_repositories`. */
  readonly repositories?: readonly string[];
}

/** After `deleted` and `suspend` no token of that account is accepted any more, and none is issued. */
export function changeInstallation(world: World, change: InstallationChange): Delivery {
  const { account, action, event = 'installation' } = change;
  const id = world.apps.ours.installations[account];
  if (id === undefined) throw new Error(`The App was never installed on ${account}: give it a repository.`);
  const ends = action === 'deleted' || action === 'suspend';
  const starts = action === 'created' || action === 'unsuspend';
  if (ends) world.state.installations.delete(account);
  if (starts) world.state.installations.set(account, id);
  withhold(world, change);
  const suspended = action === 'suspend' ? githubTime(world.options.clock) : null;
  const sender = personOf(world, world.options.users[0] ?? '');
  return world.webhooks.emit(event, {
    action,
    installation: { ...installationDocument(world, { account, id }), suspended_at: suspended },
    ...repositoriesOf(world, change),
    sender,
  });
}

function withhold({ state }: World, { action, repositories = [] }: InstallationChange): void {
  for (const { document } of state.repositories.values()) {
    if (!repositories.includes(document.full_name)) continue;
    if (action === 'removed') state.withheld.add(document.id);
    if (action === 'added') state.withheld.delete(document.id);
  }
}

function repositoriesOf(world: World, { account, action, event, repositories }: InstallationChange): Json {
  const all = [...world.state.repositories.values()].map(({ document }) => document);
  const named = all
    .filter((one) => (repositories ? repositories.includes(one.full_name) : one.owner.login === account))
    .map(({ id, node_id, name, full_name, private: isPrivate }) => ({
      id,
      node_id,
      name,
      full_name,
      private: isPrivate,
    }));
  // GitHub names none here, as in its own examples of these events.
  if (action === 'suspend' || action === 'unsuspend') return {};
  if (event !== 'installation_repositories') return { repositories: named };
  const [added, removed] = action === 'added' ? [named, []] : [[], named];
  return {
    repository_selection: 'selected',
    repositories_added: added,
    repositories_removed: removed,
    requester: null,
  };
}
