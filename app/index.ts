import type { Probot } from 'probot';
import { ZodError } from 'zod';
import type { DeliveryDecision } from '../src/deliveries/store.js';
import { isGitHubFailure } from '../src/repositories/github.js';
import { isVitrineError, type VitrineError } from '../src/shared/errors.js';
import type { Ports } from './ports.js';
import { onCheckRun } from './webhooks/check-run.js';
import { onInstallation } from './webhooks/installation.js';
import { onPullRequest } from './webhooks/pull-request.js';
import { onRepository } from './webhooks/repository.js';
import { onWorkflowRun } from './webhooks/workflow-run.js';

type Handler = (ports: Ports, payload: unknown) => Promise<DeliveryDecision>;

/** Every event that the App listens to. Whatever is not here is stored and ignored. */
export const HANDLERS = {
  pull_request: onPullRequest,
  installation: onInstallation,
  installation_repositories: onInstallation,
  repository: onRepository,
  check_run: onCheckRun,
  workflow_run: onWorkflowRun,
} as const satisfies Record<string, Handler>;

type OnDecision = (guid: string, decision: DeliveryDecision) => void;

/** The Probot application: a table from event to handler. What a handler decided is told by delivery. */
export function createApplication({ ports, onDecision }: { ports: Ports; onDecision: OnDecision }) {
  return (app: Probot): void => {
    for (const [event, handler] of Object.entries(HANDLERS)) {
      app.on(event as keyof typeof HANDLERS, async (context) => {
        onDecision(context.id, await decisionOf({ ports, handler, payload: context.payload }));
      });
    }
  };
}

/** A payload that GitHub would never send, or that names what is gone, is answered for good: trying again cannot help. */
async function decisionOf({ ports, handler, payload }: { ports: Ports; handler: Handler; payload: unknown }) {
  try {
    return await handler(ports, payload);
  } catch (error) {
    if (error instanceof ZodError) return refused('The event is not shaped as GitHub documents it.');
    if (isFinal(error)) return refused(error.message);
    throw error;
  }
}

/** What GitHub refuses today it may grant tomorrow, and what it says of itself says nothing about the event. */
function isFinal(error: unknown): error is VitrineError {
  return isVitrineError(error) && !isGitHubFailure(error) && FINAL.includes(error.code);
}

const FINAL: readonly string[] = [
  'bad_request',
  'not_found',
  'forbidden',
  'conflict',
  'stale_head',
  'environment_gone',
];

function refused(detail: string): DeliveryDecision {
  return { action: 'ignore', rule: 'refused', detail, environmentIds: [] };
}
