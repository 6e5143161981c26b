import { githubTime } from '../clock.js';
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
  readonly message: string;
  readonly sender: Account;
}

export function pushEvent(world: World, pushed: Pushed): Delivery {
  const { repository, branch, before, after, sender } = pushed;
  const { full_name } = repository.document;
  const commit = commitDocument(world, pushed);
  const fields = {
    ref: `refs/heads/${branch}`,
    before,
    after,
    base_ref: null,
    created: before === NOTHING,
    deleted: false,
    forced: false,
    compare: `${world.url}/${full_name}/compare/${before}...${after}`,
    commits: [commit],
    head_commit: commit,
    pusher: { name: sender.login, email: `${sender.login}@example.com` },
  };
  const happening = { event: 'push', action: '', repository, sender, fields };
  return world.webhooks.emit('push', without(payloadOf(world, happening), 'action'));
}

function commitDocument(world: World, { repository, after, message, sender }: Pushed) {
  const author = { name: sender.login, email: `${sender.login}@example.com`, username: sender.login };
  return {
    id: after,
    tree_id: after,
    distinct: true,
    message,
    timestamp: githubTime(world.options.clock),
    url: `${world.url}/${repository.document.full_name}/commit/${after}`,
    author,
    committer: author,
    added: [],
    removed: [],
    modified: [],
  };
}
