/** The buttons a person finds beside a check run. */
import type { CheckRun } from '../state.js';
import { checkRunEvent } from '../webhooks/check-run-event.js';
import type { Delivery } from '../webhooks/delivery.js';
import type { World } from '../world.js';
import { existing, personOf } from './repositories.js';

export interface ThatCheckRun {
  readonly repository: string;
  readonly id: number;
  readonly sender?: string;
}

/** "Re-run" */
export function rerequestCheckRun(world: World, that: ThatCheckRun): Delivery {
  return checkRunEvent(world, { action: 'rerequested', ...personAndRun(world, that) });
}

/** A button that the App itself put there. */
export function requestAction(world: World, that: ThatCheckRun & { identifier: string }): Delivery {
  const fields = { requested_action: { identifier: that.identifier } };
  return checkRunEvent(world, { action: 'requested_action', fields, ...personAndRun(world, that) });
}

function personAndRun(world: World, that: ThatCheckRun) {
  const repository = existing(world, that.repository);
  const run: CheckRun | undefined = repository.checkRuns.get(that.id);
  if (!run) throw new Error(`${that.repository} has no check run ${that.id}: create it first.`);
  const sender = personOf(world, that.sender ?? world.options.users[0] ?? '');
  return { repository, run, sender };
}
