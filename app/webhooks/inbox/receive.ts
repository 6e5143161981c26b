import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Clock, Log } from '../../../src/shared/tools.js';
import type { BodyBudget } from '../../http/body-budget.js';
import { readBody, requireType } from '../../http/body.js';
import { errorAnswer, isOurFault, prepareAnswer, respond, sendPrepared } from '../../http/respond.js';
import type { WebhookEvents } from '../declare-event.js';
import type { Committer } from './committer.js';
import { parseDelivery, readDeliveryHeaders } from './parse.js';
import { type OtherSecrets, readOther, refuseOff, sourceOf } from './receive-other.js';

/** GitHub sends no larger payloads: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap */
const MAX_BYTES = 25 * 1024 * 1024;

const TIMEOUT_MS = 15_000;

/** GitHub sends a delivery in one go. The sender is not known yet, so a body that stands still is cut early. */
const IDLE_MS = 5_000;

const STORED = prepareAnswer({ status: 202, body: { stored: true } });

interface WebhookDependencies {
  readonly events: WebhookEvents;
  readonly isSigned: ReturnType<typeof createSignatureCheck>;
  /** Of the providers whose webhooks are kept for audit. */
  readonly others?: OtherSecrets | undefined;
  readonly committer: Committer;
  readonly budget: BodyBudget;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * `POST /api/github/webhooks`, and those of other providers: 202 means durably stored. With any other answer, the provider shows the
 * delivery as failed.
 */
export function createWebhookEndpoint(dependencies: WebhookDependencies) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await receive(dependencies, request);
      sendPrepared(response, STORED);
    } catch (error) {
      const requestId = randomBytes(8).toString('hex');
      const level = isOurFault(error) ? 'error' : 'warn';
      dependencies.log(level, 'webhook refused', {
        requestId,
        delivery: request.headers['x-github-delivery'] ?? request.url?.split('?', 1)[0],
        error,
      });
      respond(response, errorAnswer(error, requestId));
    }
  };
}

async function receive(dependencies: WebhookDependencies, request: IncomingMessage): Promise<void> {
  if (request.method !== 'POST') throw new VitrineError('not_found', 'Webhooks are sent with POST.');
  const { others = {}, clock } = dependencies;
  const other = sourceOf(request);
  if (other) {
    refuseOff(other, others);
    requireType(request, 'application/json');
    const body = await readWhole(dependencies, request);
    const sent = { headers: request.headers, body, now: clock.now() };
    return dependencies.committer.commit(readOther(other, others, sent));
  }
  requireType(request, 'application/json');
  const { guid, event, signature } = readDeliveryHeaders(request.headers);
  const body = await readWhole(dependencies, request);
  if (!dependencies.isSigned(body, signature)) {
    throw new VitrineError(
      'bad_request',
      'The signature does not fit: WEBHOOK_SECRET must be the one in the settings of the GitHub App.',
    );
  }
  await dependencies.committer.commit(
    parseDelivery(dependencies.events, { guid, event, body, receivedAt: dependencies.clock.now() }),
  );
}

function readWhole({ budget }: WebhookDependencies, request: IncomingMessage): Promise<Buffer> {
  return readBody(request, { maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS, idleMs: IDLE_MS, budget });
}

const FORM = /^sha256=[0-9a-f]{64}$/;

/** Checks `X-Hub-Signature-256` over the bytes as they arrived. While one secret replaces another, both are valid. */
export function createSignatureCheck(secrets: readonly string[]) {
  const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'));
  return (bytes: Uint8Array, signature: string | undefined): boolean => {
    if (signature === undefined || !FORM.test(signature)) return false;
    const given = Buffer.from(signature.slice('sha256='.length), 'hex');
    return keys.some((key) => timingSafeEqual(createHmac('sha256', key).update(bytes).digest(), given));
  };
}
