import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type FailureKind, GitHubFailure } from '../../../src/repositories/github.js';
import type { RepoRef } from '../../../src/repositories/model.js';
import type { Clock } from '../../../src/shared/tools.js';
import type { RawAnswer, RawRequest } from './octokit.js';
import type { Lane, Pace } from './pacing.js';
import { toFailure } from './to-failure.js';
import type { Purpose, Tokens } from './tokens.js';

/** Everything a call needs; the parts of one App on one GitHub. */
export interface Caller {
  readonly request: RawRequest;
  readonly tokens: Tokens;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Pauses before the second and the third try of a read; writes are tried once. */
  readonly readPausesMs: readonly number[];
}

/** A repository of which only the name is known yet. */
type NamedRepo = Omit<RepoRef, 'repoId'>;

interface Call {
  readonly repo: RepoRef | NamedRepo;
  readonly purpose: Purpose;
  /** `PATCH /repos/{owner}/{repo}/…`; owner and repo are filled in. */
  readonly route: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly lane?: Lane;
}

const NOT_MODIFIED = 304;

/** Sends one call: paced, with a fresh token, bounded in time. A read is tried again. A write is sent once: its caller first looks whether GitHub has applied it. */
export async function send(caller: Caller, call: Call): Promise<RawAnswer> {
  const pauses = call.route.startsWith('GET ') ? caller.readPausesMs : [];
  for (const pauseMs of pauses) {
    try {
      return await sendOnce(caller, call);
    } catch (error) {
      if (!(error instanceof GitHubFailure) || error.kind !== 'ambiguous') throw error;
      await sleep(pauseMs);
    }
  }
  return sendOnce(caller, call);
}

/** Sends a call and checks its answer against the schema. */
export async function ask<T>(caller: Caller, call: Call & { readonly schema: z.ZodType<T> }): Promise<T> {
  const { data } = await send(caller, call);
  const parsed = call.schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new GitHubFailure(
    'ambiguous',
    `GitHub answered ${call.route} with something unexpected: it is tried again later.`,
    {
      cause: parsed.error,
    },
  );
}

function sendOnce(caller: Caller, call: Call): Promise<RawAnswer> {
  const { route, lane = 'visible', repo } = call;
  const read = route.startsWith('GET ');
  const cost = { points: read ? 1 : 5, creates: route.startsWith('POST ') ? 1 : 0, lane } as const;
  return caller.pace(repo.installationId, { cost, run: () => authorized(caller, call) });
}

/** After 401 GitHub has done nothing, so even a write is sent again with a new token. */
async function authorized(caller: Caller, call: Call): Promise<RawAnswer> {
  const { repo, purpose } = call;
  const repository = 'repoId' in repo ? { id: repo.repoId } : { name: repo.fullName.split('/')[1] ?? '' };
  const wanted = { installationId: repo.installationId, repository, purpose };
  const first = await tokenFor(caller, wanted);
  try {
    return await transmit(caller, { call, token: first });
  } catch (error) {
    if (!isRefusedToken(error)) throw failed(caller, { error, what: call.route });
  }
  caller.tokens.reject(wanted, first);
  const second = await tokenFor(caller, wanted);
  return transmit(caller, { call, token: second }).catch((error: unknown) => {
    if (!isRefusedToken(error)) throw failed(caller, { error, what: call.route });
    caller.tokens.reject(wanted, second);
    throw refusedFreshToken(call.route, error);
  });
}

/** GitHub gave this token a moment ago, so this says nothing about what the App may do: it is a fault of GitHub's that ends soon. */
function refusedFreshToken(route: string, cause: unknown): GitHubFailure {
  return new GitHubFailure(
    'ambiguous',
    `GitHub refused a token that it had just issued: ${route} is tried again later.`,
    { cause },
  );
}

/** What to do when GitHub gives no token. */
const REMEDY: Readonly<Partial<Record<FailureKind, string>>> = {
  poison: "The owner must accept the App's permissions.",
  gone: 'Is the App still installed there?',
};

/**
 * 422 here means that the owner has not accepted a permission yet. 404 says something about the installation and nothing about what the
 * call asks for, which callers read from a failure that is `gone`.
 */
async function tokenFor({ tokens, clock }: Caller, wanted: Parameters<Tokens['get']>[0]): Promise<string> {
  try {
    return await tokens.get(wanted);
  } catch (error) {
    const failure = toFailure(error, { what: 'an installation token', now: clock.now() });
    const remedy = REMEDY[failure.kind];
    if (remedy === undefined) throw failure;
    throw new GitHubFailure('unauthorized', `${failure.message}. ${remedy}`, { cause: failure });
  }
}

async function transmit(caller: Caller, { call, token }: { call: Call; token: string }): Promise<RawAnswer> {
  const [owner = '', repo = ''] = call.repo.fullName.split('/');
  const { headers, ...parameters } = call.parameters ?? {};
  try {
    return await caller.request(call.route, {
      owner,
      repo,
      ...parameters,
      headers: { ...(headers as Record<string, string>), authorization: `token ${token}` },
      request: { signal: AbortSignal.timeout(caller.timeoutMs) },
    });
  } catch (error) {
    if (statusOf(error) === NOT_MODIFIED) return { status: NOT_MODIFIED, headers: {}, data: undefined };
    throw error;
  }
}

function failed({ clock }: Caller, { error, what }: { error: unknown; what: string }): GitHubFailure {
  return toFailure(error, { what, now: clock.now() });
}

function isRefusedToken(error: unknown): boolean {
  return statusOf(error) === 401;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error ? Number(error.status) : undefined;
}

const PER_PAGE = 100;

/** Page by page, so that a caller that has found its item requests no further page. */
export async function* pages<T>(
  caller: Caller,
  call: Call & {
    readonly item: z.ZodType<T>;
    /** Where the list is, when the answer is an object. */
    readonly within?: string;
    readonly maxPages: number;
  },
): AsyncGenerator<readonly T[]> {
  const list = z.array(call.item);
  const schema: z.ZodType<readonly T[]> = call.within
    ? z.object({ [call.within]: list }).transform((answer) => list.parse(answer[call.within ?? '']))
    : list;
  for (let page = 1; page <= call.maxPages; page += 1) {
    const parameters = { ...call.parameters, per_page: PER_PAGE, page };
    const items = await ask(caller, { ...call, parameters, schema });
    yield items;
    if (items.length < PER_PAGE) return;
  }
}

/** A read authorized as the App itself, without an installation. */
export async function askAsApp<T>(
  { request, appJwt, caller }: { request: RawRequest; appJwt: () => Promise<string>; caller: Caller },
  ask: {
    readonly route: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
    readonly schema: z.ZodType<T>;
  },
): Promise<T> {
  const { data } = await request(ask.route, {
    ...ask.parameters,
    headers: { authorization: `bearer ${await appJwt()}` },
    request: { signal: AbortSignal.timeout(caller.timeoutMs) },
  }).catch((error: unknown) => {
    throw toFailure(error, { what: ask.route, now: caller.clock.now() });
  });
  const parsed = ask.schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new GitHubFailure('ambiguous', `GitHub answered ${ask.route} with something unexpected.`, {
    cause: parsed.error,
  });
}
