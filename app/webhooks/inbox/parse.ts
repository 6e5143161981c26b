import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Delivery, DeliveryDecision, NewDelivery } from '../../../src/deliveries/store.js';
import { checkNews } from '../../../src/runs/check-run.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { parseJson } from '../../http/body.js';
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

const Payload = z.object({
  action: z.string(),
  check_run: z.object({ external_id: z.string().nullish() }),
});

/** The handler would find the same, but only after four more commands to the database. Null for one that has something to tell. */
function idleCheckRun(payload: unknown): DeliveryDecision | null {
  const check = Payload.safeParse(payload);
  if (!check.success) return null;
  const news = checkNews(check.data.action, check.data.check_run.external_id);
  if (news.kind !== 'nothing') return null;
  return { action: 'ignore', rule: 'not-ours', detail: news.why, environmentIds: [] };
}

const Id = z.int().positive();

const Sha = z.string().regex(/^[0-9a-f]{40}$/);

const action = z.string().max(100);

const Repository = z.object({ id: Id, full_name: z.string().regex(/^[^/\s]+\/[^/\s]+$/) });

/** What any payload may have; whoever has it must have it right. */
const Envelope = z.object({
  action: action.nullish(),
  installation: z.object({ id: Id }).nullish(),
  repository: z.object({ id: Id }).nullish(),
});

type Envelope = z.infer<typeof Envelope>;

const Side = z.object({
  ref: z.string().min(1),
  sha: Sha,
  // A deleted fork leaves null behind: such a pull request is told apart later, not refused here.
  repo: z.object({ id: Id }).nullish(),
});

const PullRequest = z
  .object({
    action,
    number: Id,
    pull_request: z.object({
      number: Id,
      state: z.enum(['open', 'closed']),
      updated_at: z.string(),
      head: Side,
      base: Side,
    }),
    repository: Repository,
  })
  .refine(({ number, pull_request }) => number === pull_request.number, {
    path: ['number'],
    error: 'is not the number of the pull request',
  });

/** Many events have in them all that these have. What else they are about tells them apart. */
function onlyAbout(own: readonly string[], shape: z.ZodRawShape): z.ZodType {
  const others = MATTERS.filter((matter) => !own.includes(matter));
  return z.looseObject(shape).refine((payload) => !others.some((matter) => Object.hasOwn(payload, matter)), {
    error: 'belongs to another event',
  });
}

/** What GitHub's events are about, each under the name that it has in the body. A repository, an installation and a sender come with most. */
const MATTERS: readonly string[] = [
  'alert',
  'answer',
  'blocked_user',
  'build',
  'check_run',
  'check_suite',
  'client_payload',
  'comment',
  'commit',
  'commits',
  'deployment',
  'deployment_status',
  'discussion',
  'forkee',
  'hook',
  'inputs',
  'invitation',
  'issue',
  'key',
  'label',
  'marketplace_purchase',
  'member',
  'membership',
  'merge_group',
  'milestone',
  'package',
  'pages',
  'project',
  'project_card',
  'project_column',
  'projects_v2_item',
  'pull_request',
  'pusher',
  'registry_package',
  'release',
  'review',
  'reviewers',
  'rule',
  'secret_scanning_alert',
  'security_advisory',
  'sponsorship',
  'starred_at',
  'sub_issue_id',
  'team',
  'thread',
  'workflow_job',
  'workflow_run',
];

/** The event's name is not signed, the body is: a body must have the shape of the event it claims to be. */
export const PAYLOADS: Readonly<Record<string, z.ZodType>> = {
  pull_request: PullRequest,
  installation: z.object({ action, installation: z.object({ id: Id, account: z.object({ id: Id }) }) }),
  installation_repositories: z.object({
    action,
    installation: z.object({ id: Id }),
    repositories_added: z.array(z.object({ id: Id })),
    repositories_removed: z.array(z.object({ id: Id })),
  }),
  repository: onlyAbout([], { action, repository: Repository }),
  check_run: onlyAbout(['check_run'], {
    action,
    check_run: z.object({ id: Id, head_sha: Sha, name: z.string() }),
    repository: Repository,
  }),
  workflow_run: onlyAbout(['workflow_run'], {
    action,
    workflow_run: z.object({ id: Id, head_sha: Sha }),
    repository: Repository,
  }),
};
