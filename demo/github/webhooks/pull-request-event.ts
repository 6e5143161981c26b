import type { Account, Json, PullRequest } from '../documents.js';
import type { RepositoryState } from '../state.js';
import type { World } from '../world.js';
import type { Delivery } from './delivery.js';
import { examplePart } from './examples.js';
import { payloadOf } from './payload.js';

interface PullRequestHappening {
  readonly action: string;
  readonly repository: RepositoryState;
  readonly pull: PullRequest;
  /** Absent = the author. */
  readonly sender?: Account;
  /** `before` and `after`, `label`, `changes`. */
  readonly fields?: Json;
}

export function pullRequestEvent(world: World, happening: PullRequestHappening): Delivery {
  const { action, repository, pull, sender = pull.user, fields = {} } = happening;
  const place = { fullName: repository.document.full_name, url: world.url };
  const example = examplePart({ event: 'pull_request', action, part: 'pull_request' }, place);
  const pull_request = { ...example, ...pull };
  const event = 'pull_request';
  const own = { number: pull.number, pull_request, ...fields };
  return world.webhooks.emit(event, payloadOf(world, { event, action, repository, sender, fields: own }));
}
