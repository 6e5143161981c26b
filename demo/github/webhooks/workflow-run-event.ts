import type { Account } from '../documents.js';
import type { RepositoryState, WorkflowRun } from '../state.js';
import type { World } from '../world.js';
import type { Delivery } from './delivery.js';
import { examplePart } from './examples.js';
import { payloadOf } from './payload.js';

interface Happening {
  readonly repository: RepositoryState;
  readonly run: WorkflowRun;
  readonly action: string;
}

/** What GitHub sends of a workflow run: `requested`, `in_progress` or `completed`. */
export function workflowRunEvent(world: World, { repository, run, action }: Happening): Delivery {
  const event = 'workflow_run';
  const place = { fullName: repository.document.full_name, url: world.url };
  const workflow = examplePart({ event, action, part: 'workflow' }, place);
  const { workflow_id: id, name, path } = run;
  const fields = { workflow_run: run, workflow: { ...workflow, id, name, path } };
  const sender = run['actor'] as Account;
  return world.webhooks.emit(event, payloadOf(world, { event, action, repository, sender, fields }));
}
