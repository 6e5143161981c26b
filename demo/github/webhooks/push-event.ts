import { without, type Account } from '../documents.js';
import type { RepositoryState } from '../state.js';
import type { World } from '../world.js';
import type { Delivery } from './delivery.js';
import { payloadOf } from './payload.js';

/** The commit before the first one. */
export const NOTHING = '0'.repeat(40);

interface Pushed {
  readonly repository: RepositoryState;
  readonly branch: string;
  readonly before: string;
  readonly after: string;
  readonly sender: Account;
}

export function pushEvent(world: World, { repository, branch, before, after, sender }: Pushed): Delivery {
  const { full_name } = repository.document;
  const fields = {
    ref: `refs/heads/${branch}`,
    before,
    after,
    base_ref: null,
    created: before === NOTHING,
    deleted: false,
    forced: false,
    compare: `${world.url}/${full_name}/compare/${before}...${after}`,
    commits: [],
    head_commit: null,
    pusher: { name: sender.login, email: `${sender.login}@example.com` },
  };
  const happening = { event: 'push', action: '', repository, sender, fields };
  return world.webhooks.emit('push', without(payloadOf(world, happening), 'action'));
}
