import type { IncomingHttpHeaders } from 'node:http';
import type { Delivery, NewDelivery } from '../../../src/deliveries/store.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { parseJson } from '../../http/parse-json.js';
import { idleCheckRun } from './idle-check-run.js';
import { keepPayload } from './keep-payload.js';
import { Envelope, PAYLOADS } from './payload-shapes.js';

export interface DeliveryHeaders {
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

/** Reads a signed body once, and only as far as the inbox needs it. Shape is the sender's fault, so it is refused, never stored. */
export function parseDelivery({
  guid,
  event,
  body,
  receivedAt,
}: Omit<Delivery, 'action' | 'repoId' | 'installationId'>): NewDelivery {
  const payload = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  const envelope = Envelope.safeParse(payload);
  if (!envelope.success) throw misshapen(event, envelope.error.issues[0]);
  // Own keys only: `constructor` and its kin are names of events that do not exist.
  const shape = Object.hasOwn(PAYLOADS, event) ? PAYLOADS[event]?.safeParse(payload) : undefined;
  if (shape?.error) throw misshapen(event, shape.error.issues[0]);
  const { action, repository, installation } = envelope.data;
  const decision = event === 'check_run' ? idleCheckRun(payload) : null;
  return {
    guid,
    event,
    action: action ?? null,
    repoId: repository?.id ?? null,
    installationId: installation?.id ?? null,
    body: keepPayload(event, payload),
    receivedAt,
    ...(decision && { decision }),
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
