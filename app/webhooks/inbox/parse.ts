import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Delivery, NewDelivery } from '../../../src/deliveries/store.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { parseJson } from '../../http/body.js';
import type { WebhookEvents } from '../declare-event.js';
import { keepPayload } from './keep-payload.js';

interface DeliveryHeaders {
  readonly guid: string;
  readonly event: string;
  readonly signature: string | undefined;
}

const GUID = /^[\w-]{1,100}$/;

const EVENT = /^[\w*.-]{1,100}$/;

/** The headers GitHub sends with every delivery; none of them is signed. */
export function readDeliveryHeaders(headers: IncomingHttpHeaders): DeliveryHeaders {
  const guid = one(headers['x-github-delivery']);
  const event = one(headers['x-github-event']);
  if (!guid || !GUID.test(guid))
    throw new VitrineError('bad_request', 'X-GitHub-Delivery must hold the id of the delivery.');
  if (!event || !EVENT.test(event))
    throw new VitrineError('bad_request', 'X-GitHub-Event must hold the name of an event.');
  return { guid, event, signature: one(headers['x-hub-signature-256']) };
}

type SignedBody = Omit<Delivery, 'action' | 'repoId' | 'installationId'>;

/** Reads a signed body once, and only as far as the inbox needs it. A wrong shape is the sender's fault: it is refused, never stored. */
export function parseDelivery(
  events: WebhookEvents,
  { guid, event, body, receivedAt }: SignedBody,
): NewDelivery {
  const payload = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  const envelope = Envelope.safeParse(payload);
  if (!envelope.success) throw misshapen(event, envelope.error.issues[0]);
  const declared = events.get(event);
  const arrival = declared?.arrive(payload);
  if (arrival && arrival.issue !== null) throw misshapen(event, arrival.issue);
  const { action, repository, installation, pull_request: pull, ...runs } = envelope.data;
  const [ofRun] = runs.check_run?.pull_requests ?? runs.workflow_run?.pull_requests ?? [];
  return {
    guid,
    event,
    action: action ?? null,
    repoId: repository?.id ?? null,
    repository: repository?.full_name ?? null,
    pullRequest: pull?.number ?? ofRun?.number ?? null,
    installationId: installation?.id ?? null,
    body: keepPayload(declared?.keep, payload),
    receivedAt,
    ...(arrival?.decision && { decision: arrival.decision }),
  };
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

function misshapen(event: string, issue: { path: PropertyKey[]; message: string } | undefined): VitrineError {
  const place = issue?.path.map(String).join('.') || 'the body';
  return new VitrineError(
    'bad_request',
    `This is not a ${event} event: ${place}: ${issue?.message ?? 'wrong'}.`,
  );
}

/** What deliveries are searched by; an event that has it in another form is taken without it. */
const Numbered = z.object({
  number: z
    .int()
    .positive()
    .max(2 ** 31),
});
const RunLike = z
  .object({ pull_requests: z.array(Numbered).optional().catch(undefined) })
  .optional()
  .catch(undefined);

/** The fields that any payload may have: where they are there, they must be valid. */
const Envelope = z.object({
  pull_request: Numbered.optional().catch(undefined),
  check_run: RunLike,
  workflow_run: RunLike,
  action: z.string().max(100).nullish(),
  installation: z.object({ id: z.int().positive() }).nullish(),
  repository: z
    .object({ id: z.int().positive(), full_name: z.string().max(400).optional().catch(undefined) })
    .nullish(),
});
