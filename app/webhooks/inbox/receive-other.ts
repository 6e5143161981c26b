import { createHash, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { z } from 'zod';
import { KEPT_FOR_AUDIT, type NewDelivery, type Provider } from '../../../src/deliveries/store.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { parseJson, refuseDeep } from '../../http/body.js';

/** The secrets of the webhooks of other providers; those that are not set are off. */
export interface OtherSecrets {
  readonly gitlabToken?: string | undefined;
  /** As GitLab shows it: `whsec_` and base64. */
  readonly gitlabSigningToken?: string | undefined;
  readonly bitbucketSecret?: string | undefined;
}

type OtherProvider = Exclude<Provider, 'github'>;

interface Sent {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly now: Date;
}

interface Source {
  readonly provider: OtherProvider;
  /** The variable that turns it on. */
  readonly variable: string;
  readonly isOn: (secrets: OtherSecrets) => boolean;
  /** Why the request is not believed; null when it is. */
  readonly refusal: (secrets: OtherSecrets, sent: Sent) => string | null;
  readonly event: (headers: IncomingHttpHeaders) => string | undefined;
  /** The same for every attempt to deliver one event. */
  readonly id: (headers: IncomingHttpHeaders) => string | undefined;
  readonly repository: (payload: unknown) => string | null;
  readonly pullRequest: (payload: unknown) => number | null;
}

function one(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const gitlab: Source = {
  provider: 'gitlab',
  variable: 'GITLAB_WEBHOOK_TOKEN or GITLAB_SIGNING_TOKEN',
  isOn: ({ gitlabToken, gitlabSigningToken }) =>
    gitlabToken !== undefined || gitlabSigningToken !== undefined,
  refusal({ gitlabToken, gitlabSigningToken }, sent) {
    if (gitlabToken !== undefined && !sameText(gitlabToken, one(sent.headers, 'x-gitlab-token') ?? ''))
      return 'X-Gitlab-Token does not fit: it must be GITLAB_WEBHOOK_TOKEN';
    if (gitlabSigningToken !== undefined && !hasStandardSignature(gitlabSigningToken, sent))
      return 'webhook-signature does not fit: the signing token of the webhook must be GITLAB_SIGNING_TOKEN, and the clocks must agree';
    return null;
  },
  event: (headers) => one(headers, 'x-gitlab-event')?.replaceAll(' ', '-').toLowerCase(),
  id: (headers) =>
    one(headers, 'webhook-id') ?? one(headers, 'idempotency-key') ?? one(headers, 'x-gitlab-event-uuid'),
  repository: (payload) => GitLabPayload.catch({}).parse(payload).project?.path_with_namespace ?? null,
  pullRequest: (payload) => GitLabPayload.catch({}).parse(payload).object_attributes?.iid ?? null,
};

const GitLabPayload = z.object({
  project: z
    .object({ path_with_namespace: z.string().max(400).optional() })
    .optional()
    .catch(undefined),
  object_attributes: z
    .object({
      iid: z
        .int()
        .positive()
        .max(2 ** 31)
        .optional(),
    })
    .optional()
    .catch(undefined),
});

const bitbucket: Source = {
  provider: 'bitbucket',
  variable: 'BITBUCKET_WEBHOOK_SECRET',
  isOn: ({ bitbucketSecret }) => bitbucketSecret !== undefined,
  refusal({ bitbucketSecret = '' }, { headers, body }) {
    const expected = `sha256=${createHmac('sha256', bitbucketSecret).update(body).digest('hex')}`;
    const fits = sameText(expected, one(headers, 'x-hub-signature') ?? '');
    return fits ? null : 'X-Hub-Signature does not fit: the webhook must have BITBUCKET_WEBHOOK_SECRET';
  },
  event: (headers) => one(headers, 'x-event-key'),
  id: (headers) => one(headers, 'x-request-uuid') ?? one(headers, 'x-request-id'),
  repository(payload) {
    const { repository } = BitbucketPayload.catch({}).parse(payload);
    const { slug, project } = repository ?? {};
    return repository?.full_name ?? (slug !== undefined && project ? `${project.key}/${slug}` : null);
  },
  pullRequest(payload) {
    const { pullrequest, pullRequest } = BitbucketPayload.catch({}).parse(payload);
    return pullrequest?.id ?? pullRequest?.id ?? null;
  },
};

const Numbered = z
  .object({
    id: z
      .int()
      .positive()
      .max(2 ** 31),
  })
  .optional()
  .catch(undefined);

/** Bitbucket Cloud names a repository by `full_name`, Data Center by the key of its project and a slug. */
const BitbucketPayload = z.object({
  repository: z
    .object({
      full_name: z.string().max(400).optional(),
      slug: z.string().max(200).optional(),
      project: z.object({ key: z.string().max(200) }).optional(),
    })
    .optional()
    .catch(undefined),
  pullrequest: Numbered,
  pullRequest: Numbered,
});

const SOURCES: readonly Source[] = [gitlab, bitbucket];

/** The path at which a provider sends its webhooks, `/api/gitlab/webhooks`. */
export function sourceOf({ url }: IncomingMessage): Source | undefined {
  const [path] = (url ?? '').split('?', 1);
  return SOURCES.find(({ provider }) => path === `/api/${provider}/webhooks`);
}

export function refuseOff({ provider, variable, isOn }: Source, secrets: OtherSecrets): void {
  if (isOn(secrets)) return;
  throw new VitrineError('not_found', `Webhooks of ${provider} are off: set ${variable} to receive them.`);
}

const EVENT = /^[\w:.-]{1,100}$/;
const ID = /^[\w{}-]{1,100}$/;

/** Reads a webhook whose sender is proven. All of its payload is kept, for audit; no handler ever sees it. */
export function readOther(source: Source, secrets: OtherSecrets, sent: Sent): NewDelivery {
  const refused = source.refusal(secrets, sent);
  if (refused !== null) throw new VitrineError('bad_request', `${refused}.`);
  const { headers, body, now } = sent;
  const event = source.event(headers);
  if (event === undefined || !EVENT.test(event))
    throw new VitrineError('bad_request', 'The header that names the event is missing.');
  const payload = parseJson(body);
  refuseDeep(payload);
  if (body.length > MAX_KEPT)
    throw new VitrineError('too_large', 'A webhook that is kept for audit may have 12 MiB.');
  const { provider } = source;
  return {
    guid: guidOf(source, headers, body),
    provider,
    event,
    action: null,
    // GitHub's ids are the only ones that name a repository here.
    repoId: null,
    repository: source.repository(payload),
    pullRequest: source.pullRequest(payload),
    installationId: null,
    body,
    headers: keptHeaders(headers),
    receivedAt: now,
    decision: {
      action: KEPT_FOR_AUDIT,
      rule: 'provider-not-handled',
      detail: `Kept, not handled yet: webhooks of ${provider} change nothing here.`,
      environmentIds: [],
    },
  };
}

/** A document holds 16 MiB. */
const MAX_KEPT = 12 * 1024 * 1024;

/** The provider is part of it, so that no delivery of one is taken for one of another. Without an id, the content is the id. */
function guidOf({ provider, id }: Source, headers: IncomingHttpHeaders, body: Buffer): string {
  const given = id(headers);
  const own =
    given !== undefined && ID.test(given)
      ? given.replaceAll(/[{}]/g, '')
      : createHash('sha256').update(body).digest('hex');
  return `${provider}-${own}`;
}

/** Neither a token nor a signature is among them. */
const KEPT_HEADERS = [
  'content-type',
  'user-agent',
  'x-gitlab-event',
  'x-gitlab-event-uuid',
  'x-gitlab-webhook-uuid',
  'x-gitlab-instance',
  'idempotency-key',
  'webhook-id',
  'webhook-timestamp',
  'x-event-key',
  'x-request-uuid',
  'x-request-id',
  'x-hook-uuid',
  'x-attempt-number',
];

function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept = KEPT_HEADERS.flatMap((name) => {
    const value = one(headers, name);
    return value === undefined ? [] : [[name, value.slice(0, 300)]];
  });
  return Object.fromEntries(kept) as Record<string, string>;
}

/** Compares in constant time, whatever the lengths. */
function sameText(expected: string, given: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(expected), hash(given));
}

const SIGNED = /^v1,([A-Za-z0-9+/=]{44})$/;
/** A signature of another moment may have been recorded. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function hasStandardSignature(token: string, { headers, body, now }: Sent): boolean {
  const id = one(headers, 'webhook-id');
  const timestamp = one(headers, 'webhook-timestamp');
  if (id === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now.getTime() - Number(timestamp) * 1_000) > CLOCKS_DIFFER_MS) return false;
  const key = createSecretKey(Buffer.from(token.replace(/^whsec_/, ''), 'base64'));
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  return (one(headers, 'webhook-signature') ?? '').split(' ').some((signature) => {
    const given = Buffer.from(SIGNED.exec(signature)?.[1] ?? '', 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
