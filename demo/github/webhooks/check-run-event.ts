import type { CheckRun, RepositoryState } from '../state.js';
import type { World } from '../world.js';
import { botAccount } from '../routes/bot.js';
import type { Delivery } from './delivery.js';
import { examplePart } from './examples.js';
import { payloadOf } from './payload.js';
import type { Account, Json } from '../documents.js';

interface CheckRunHappening {
  readonly action: string;
  readonly repository: RepositoryState;
  readonly run: CheckRun;
  /** Absent = the App that made the run. */
  readonly sender?: Account;
  readonly fields?: Json;
}

/** GitHub tells an App of all check runs, those of other Apps and of itself included. */
export function checkRunEvent(world: World, happening: CheckRunHappening): Delivery {
  const { action, repository, run, fields = {} } = happening;
  const sender = happening.sender ?? botAccount(world, run.app);
  const place = { fullName: repository.document.full_name, url: world.url };
  const example = examplePart({ event: 'check_run', action, part: 'check_run' }, place);
  const suite = suiteOf(example, run);
  const check_run = { ...example, ...run, check_suite: suite };
  const event = 'check_run';
  const payload = payloadOf(world, { event, action, repository, sender, fields: { check_run, ...fields } });
  return world.webhooks.emit(event, payload);
}

function suiteOf(example: Json, run: CheckRun): Json {
  const { check_suite: suite } = example as { check_suite?: Json };
  const { id } = run.check_suite as { id: number };
  const state = { status: run.status, conclusion: run.conclusion };
  return { ...suite, id, head_sha: run.head_sha, ...state, app: run.app, pull_requests: run.pull_requests };
}
