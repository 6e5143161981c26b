import type { Probot } from 'probot';
import type { DeliveryDecision } from '../src/deliveries/store.js';
import { checkRun } from './webhooks/check-run.js';
import type { HandlerPorts, WebhookEvents } from './webhooks/declare-event.js';
import { installation, installationRepositories } from './webhooks/installation.js';
import { githubAppAuthorization, member, membership, organization, team } from './webhooks/people.js';
import { pullRequest } from './webhooks/pull-request.js';
import { push } from './webhooks/push.js';
import { repository } from './webhooks/repository.js';
import { workflowRun } from './webhooks/workflow-run.js';

/** Every event that the App listens to. An event that is not listed here is stored and ignored. */
const TABLE = [
  pullRequest,
  installation,
  installationRepositories,
  repository,
  checkRun,
  workflowRun,
  push,
  member,
  team,
  membership,
  organization,
  githubAppAuthorization,
] as const;

export const EVENTS: WebhookEvents = new Map(TABLE.map((event) => [event.name, event]));

interface ApplicationOptions {
  readonly ports: HandlerPorts;
  /** Is called with each delivery's id and decision, because Probot's handlers return nothing. */
  readonly onDecision: (guid: string, decision: DeliveryDecision) => void;
}

/** The Probot application: each event of the table with its handler. */
export function createApplication({ ports, onDecision }: ApplicationOptions) {
  return (app: Probot): void => {
    for (const { name, handle } of TABLE) {
      app.on(name, async ({ id, payload }) => onDecision(id, await handle(ports, payload, { guid: id })));
    }
  };
}
