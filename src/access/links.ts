import { randomBytes } from 'node:crypto';
import type { Environment } from '../environments/model.js';
import { isActive } from '../environments/model.js';
import { hashToken } from '../people/api-token.js';
import type { AuditPorts } from '../people/audit-log.js';
import { VitrineError } from '../shared/errors.js';
import { parseDuration, showTime } from '../shared/time.js';
import type { Tools } from '../shared/tools.js';
import type { LinkKind, PreviewAccessPorts, PreviewLink } from './store.js';

type Ports = Pick<PreviewAccessPorts, 'previewLinks'> & Pick<Tools, 'clock' | 'newId'>;

/** The parameters of an address that hold a token. They are taken out of the address before anything else sees it. */
export const LINK_PARAMETERS: Readonly<Record<LinkKind, string>> = {
  share: 'vitrine-share',
  bypass: 'vitrine-bypass',
};

const PREFIX: Readonly<Record<LinkKind, string>> = { share: 'vts', bypass: 'vtb' };

const TOKEN = /^vt[sb]_[\w-]{43}$/;

export function isLinkToken(text: string | undefined): text is string {
  return text !== undefined && TOKEN.test(text);
}

const HOUR_MS = 60 * 60_000;
/** A workflow run builds first and tests then; GitHub ends a job after six hours. */
const BYPASS_MS = 12 * HOUR_MS;
export const LONGEST_SHARE = '90d';
export const MOST_SHARED = 100;

interface NewLink extends Pick<PreviewLink, 'kind' | 'name' | 'path' | 'createdBy'> {
  readonly environment: Pick<Environment, 'id' | 'projectId'>;
  readonly expiresAt: Date;
}

interface MadeLink {
  readonly link: PreviewLink;
  /** Shown once. */
  readonly token: string;
}

async function make(ports: Ports, { environment, ...rest }: NewLink): Promise<MadeLink> {
  const token = `${PREFIX[rest.kind]}_${randomBytes(32).toString('base64url')}`;
  const link: PreviewLink = {
    ...rest,
    id: ports.newId(),
    environmentId: environment.id,
    projectId: environment.projectId,
    createdAt: ports.clock.now(),
  };
  await ports.previewLinks.create({ ...link, hash: hashToken(token) });
  return { link, token };
}

interface Sharing {
  readonly environment: Environment;
  readonly name: string;
  readonly path: string;
  /** `90m`, `12h` or `7d`. */
  readonly duration: string;
  readonly actor: string;
}

/** A link for people who have neither the password nor an account. */
export async function createShareLink(
  ports: Ports & AuditPorts,
  { environment, name, path, duration, actor }: Sharing,
): Promise<MadeLink & { readonly url: string }> {
  if (!isActive(environment))
    throw new VitrineError('environment_gone', 'This preview was removed: there is nothing to share.');
  const ms = parseDuration(duration);
  if (ms > parseDuration(LONGEST_SHARE))
    throw new VitrineError('unprocessable', `A link works for ${LONGEST_SHARE} at most: make it shorter.`);
  const now = ports.clock.now();
  if ((await ports.previewLinks.countShared(environment.id, now)) >= MOST_SHARED)
    throw new VitrineError(
      'conflict',
      `This preview has ${MOST_SHARED} links already: revoke those that are not needed any more.`,
    );
  const expiresAt = new Date(now.getTime() + ms);
  const made = await make(ports, { kind: 'share', environment, name, path, createdBy: actor, expiresAt });
  const detail = `Link "${name}" opens ${environment.slug} until ${showTime(expiresAt)} UTC.`;
  await ports.audit.record({ actor, action: 'share-preview', subject: environment.slug, detail });
  return { ...made, url: sharedUrl(environment.url, made) };
}

function sharedUrl(base: string, { link, token }: MadeLink): string {
  const url = new URL(link.path, base);
  url.searchParams.set(LINK_PARAMETERS.share, token);
  return url.href;
}

export async function revokeShareLink(
  ports: Ports & AuditPorts,
  {
    environment,
    id,
    actor,
  }: { readonly environment: Environment; readonly id: string; readonly actor: string },
): Promise<void> {
  if (!(await ports.previewLinks.revoke(environment.id, id)))
    throw new VitrineError('not_found', 'There is no such link: it was revoked, or its time is over.');
  const detail = `A link to ${environment.slug} was revoked.`;
  await ports.audit.record({ actor, action: 'unshare-preview', subject: environment.slug, detail });
}

/** For what opens the preview without a person: a workflow run and its tests. It ends by itself. */
export async function issueBypass(
  ports: Ports,
  {
    environment,
    createdBy,
  }: { readonly environment: Pick<Environment, 'id' | 'projectId'>; readonly createdBy: string },
): Promise<string> {
  const expiresAt = new Date(ports.clock.now().getTime() + BYPASS_MS);
  const fixed = { kind: 'bypass', name: 'Tests of a workflow run', path: '/' } as const;
  return (await make(ports, { ...fixed, environment, createdBy, expiresAt })).token;
}
