import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Clock } from '../../../src/shared/tools.js';
import type { RawRequest } from './octokit.js';

/** GitHub's tokens live an hour. From the soft age on a new one is fetched while the old one still serves. */
const RENEW_AFTER_MS = 40 * 60_000;

const UNUSED_AFTER_MS = 50 * 60_000;

const MARGIN_MS = 5 * 60_000;

const KEPT = 2_000;

/** Which repository a token may touch: by id, or by name while the id is not known yet. */
export interface TokenRequest {
  readonly installationId: number;
  readonly repository: { readonly id: number } | { readonly name: string };
  readonly purpose: Purpose;
}

export interface Tokens {
  get(request: TokenRequest): Promise<string>;
  /** GitHub answered 401: the next get() requests a new token. */
  reject(request: TokenRequest, token: string): void;
  /** The App was removed or suspended. */
  forget(installationId: number): void;
}

interface Minted {
  readonly token: string;
  readonly at: number;
  readonly usableUntil: number;
}

interface Entry {
  readonly installationId: number;
  current: Minted | undefined;
  minting: Promise<Minted> | undefined;
}

interface Minting {
  readonly request: RawRequest;
  readonly appJwt: () => Promise<string>;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

const Answer = z.object({ token: z.string().min(1), expires_at: z.iso.datetime() });

/** One narrowed token per installation, repository and purpose, shared by concurrent callers. */
export function createTokens(minting: Minting): Tokens {
  const entries = new LRUCache<string, Entry>({ max: KEPT });
  const tokenOf = async (request: TokenRequest): Promise<string> => {
    const entry = entryOf(entries, request);
    const now = minting.clock.now().getTime();
    const { current } = entry;
    if (!current || now >= current.usableUntil)
      return (await renew(entry, () => mint(minting, request))).token;
    if (now - current.at >= RENEW_AFTER_MS) renew(entry, () => mint(minting, request)).catch(() => undefined);
    return current.token;
  };
  return {
    async get(request) {
      const wider = reportingToken(request);
      if (!wider || entryOf(entries, request).current) return tokenOf(request);
      return tokenOf(wider).catch((error: unknown) => {
        if (!isNotAccepted(error)) throw error;
        return tokenOf(request);
      });
    },
    reject(request, token) {
      for (const one of [request, reportingToken(request)]) {
        const entry = one && entryOf(entries, one);
        if (entry?.current?.token === token) entry.current = undefined;
      }
    },
    forget(installationId) {
      for (const [key, entry] of [...entries.entries()])
        if (entry.installationId === installationId) entries.delete(key);
    },
  };
}

/**
 * The token for reports may read as well, so a webhook needs one token and not two. Only while the owner has not accepted what a report
 * needs, reading has a token of its own.
 */
function reportingToken({ purpose, ...rest }: TokenRequest): TokenRequest | null {
  return purpose === 'read' && 'id' in rest.repository ? { ...rest, purpose: 'report' } : null;
}

/** 422: the set asks for a permission that the owner has not accepted. */
function isNotAccepted(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 422;
}

function entryOf(
  entries: LRUCache<string, Entry>,
  { installationId, repository, purpose }: TokenRequest,
): Entry {
  const key = `${installationId} ${'id' in repository ? repository.id : repository.name} ${purpose}`;
  const entry = entries.get(key) ?? { installationId, current: undefined, minting: undefined };
  entries.set(key, entry);
  return entry;
}

function renew(entry: Entry, fetchToken: () => Promise<Minted>): Promise<Minted> {
  entry.minting ??= fetchToken()
    .then((minted) => (entry.current = minted))
    .finally(() => (entry.minting = undefined));
  return entry.minting;
}

async function mint({ request, appJwt, clock, timeoutMs }: Minting, wanted: TokenRequest): Promise<Minted> {
  const { installationId, repository, purpose } = wanted;
  const { data } = await request('POST /app/installations/{installation_id}/access_tokens', {
    installation_id: installationId,
    ...('id' in repository ? { repository_ids: [repository.id] } : { repositories: [repository.name] }),
    permissions: PERMISSIONS[purpose],
    headers: { authorization: `bearer ${await appJwt()}` },
    request: { signal: AbortSignal.timeout(timeoutMs) },
  });
  const answer = Answer.safeParse(data);
  if (!answer.success)
    throw new VitrineError('bad_gateway', 'GitHub answered a token request with something else.');
  const at = clock.now().getTime();
  const expires = Date.parse(answer.data.expires_at) - MARGIN_MS;
  return { token: answer.data.token, at, usableUntil: Math.min(at + UNUSED_AFTER_MS, expires) };
}

/** What each kind of call may do. Tokens carry no more than this, for one repository; app.yml asks for the sum. */
export const PERMISSIONS = {
  /** Pull requests, changed files, settings file, permission of a person. Used alone only where `report` is not accepted yet. */
  read: { metadata: 'read', contents: 'read', pull_requests: 'read' },
  /** Check run, comment, deployment, and what is read for them. */
  report: {
    metadata: 'read',
    contents: 'read',
    checks: 'write',
    pull_requests: 'write',
    deployments: 'write',
  },
  /** Which workflows of a commit have ended. */
  runs: { metadata: 'read', actions: 'read' },
  /** Running a workflow again, or cancelling a run, when a person asks for it. An operator may leave this out of the App: see docs/permissions.md. */
  rerun: { metadata: 'read', actions: 'write' },
  /** Only where a project asks for a commit status. */
  status: { metadata: 'read', statuses: 'write' },
} as const satisfies Record<string, Readonly<Record<string, 'read' | 'write'>>>;

export type Purpose = keyof typeof PERMISSIONS;
