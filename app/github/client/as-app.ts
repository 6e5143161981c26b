import type { z } from 'zod';
import { GitHubFailure } from '../../../src/repositories/github.js';
import type { Caller } from './call.js';
import type { RawRequest } from './octokit.js';
import { toFailure } from './to-failure.js';

/** A read that the App does in its own name, for the little that needs no installation. */
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
