import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import type { Avatar, Avatars, UserStore } from '../../../src/people/user.js';
import type { SafeFetch, SafeResponse } from '../../../src/shared/safe-fetch.js';
import type { Log } from '../../../src/shared/tools.js';

interface AvatarTimes {
  /** How long a picture is kept before GitHub is asked again. */
  readonly keptMs: number;
  /** How soon after an answer without a picture. */
  readonly againMs: number;
  /** How long a page may wait for a picture; it shows letters then. */
  readonly patienceMs: number;
  /** How long GitHub has for its answer. */
  readonly answerMs: number;
}

const TIMES: AvatarTimes = { keptMs: 60 * 60_000, againMs: 60_000, patienceMs: 1_000, answerMs: 5_000 };

interface AvatarParts {
  /** It must reach the hosts of `website`, also where that is in a private network. */
  readonly safeFetch: SafeFetch;
  readonly users: Pick<UserStore, 'byLogin'>;
  /** Of the GitHub that this server works with. */
  readonly website: string;
  readonly log: Log;
  readonly times?: Partial<AvatarTimes>;
}

const GITHUB = 'https://github.com';
const GITHUB_AVATARS = 'https://avatars.githubusercontent.com';

/** An Enterprise Server has pictures at its own host, or at a name below it: subdomain isolation. */
function ownOrigins(website: string): readonly string[] {
  const { protocol, host, origin } = new URL(website);
  if (origin === GITHUB) return [];
  const below = `${protocol}//avatars.${host}`;
  // There are no names below an address.
  return URL.canParse(below) ? [origin, below] : [origin];
}

/** The hosts that the operator named by naming GitHub: they may be in a private network. */
export function ownAvatarHosts(website: string): readonly string[] {
  return ownOrigins(website).map((origin) => new URL(origin).hostname.replace(/^\[|\]$/g, ''));
}

/** Twice as large as the largest on a page, for screens with many pixels. */
const SIZE = '64';

/** Where the picture is asked for; null where the address is at a host that is not GitHub's. */
export function avatarAddress(avatarUrl: string, website: string): string | null {
  if (!URL.canParse(avatarUrl)) return null;
  const url = new URL(avatarUrl);
  if (![GITHUB_AVATARS, ...ownOrigins(website)].includes(url.origin)) return null;
  url.searchParams.set('s', SIZE);
  return url.href;
}

const MOST_BYTES = 256 * 1024;
/** Of all pictures together. */
const MOST_KEPT_BYTES = 32 * 1024 ** 2;
const MOST_KEPT = 5_000;
const AT_ONCE = 8;

type Found = Awaited<ReturnType<Avatars['find']>>;

/** What an entry takes besides its picture. */
const LEAST_BYTES = 200;

/**
 * Pictures of people as GitHub has them. The server asks for each once and keeps it for a while, so that a page asks no other host and GitHub
 * does not learn who looks at what.
 */
export function createAvatars({ log, times, ...parts }: AvatarParts): Avatars {
  const { keptMs, againMs, patienceMs, answerMs } = { ...TIMES, ...times };
  const atOnce = pLimit(AT_ONCE);
  const known = new LRUCache<string, Found>({
    max: MOST_KEPT,
    maxSize: MOST_KEPT_BYTES,
    sizeCalculation: (found) => LEAST_BYTES + (typeof found === 'string' ? 0 : found.bytes.length),
    ttl: keptMs,
    // The old picture is shown until the new one is there.
    allowStale: true,
    fetchMethod: async (login, before, { options }) => {
      try {
        const found = await atOnce(() => ask(parts, { login, answerMs }));
        if (found === 'none') options.ttl = againMs;
        return found;
      } catch (error) {
        log('debug', 'GitHub did not give the picture of a person', { login, error });
        options.ttl = againMs;
        return before ?? 'later';
      }
    },
  });
  return {
    async find(login) {
      const patience = pause(patienceMs, 'later' as const, { ref: false });
      return (await Promise.race([known.fetch(login), patience])) ?? 'later';
    },
  };
}

interface Asked {
  readonly login: string;
  readonly answerMs: number;
}

/** None where GitHub gave no address, or one that must not be asked. */
async function ask(
  { users, website, safeFetch }: Omit<AvatarParts, 'log' | 'times'>,
  { login, answerMs }: Asked,
): Promise<Avatar | 'none'> {
  const { avatarUrl = null } = (await users.byLogin(login)) ?? {};
  const url = avatarUrl === null ? null : avatarAddress(avatarUrl, website);
  if (url === null) return 'none';
  const headers = { accept: [...TYPES.keys()].join(', ') };
  return read(await safeFetch({ url, headers, timeoutMs: answerMs, maxBytes: MOST_BYTES + 1 }));
}

/** Pictures that browsers show and that hold no program, by how their files begin. */
const TYPES: ReadonlyMap<string, RegExp> = new Map([
  ['image/png', /^\u0089PNG\r\n\u001a\n/],
  ['image/jpeg', /^\u00ff\u00d8\u00ff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
]);

/** A picture that is whole, is called one, and is one. */
function read({ status, contentType, bytes }: SafeResponse): Avatar {
  const named = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (status !== 200) throw new Error(`It answered HTTP ${String(status)}.`);
  if (!TYPES.has(named)) throw new Error('What it answered is not called a picture.');
  if (bytes.length > MOST_BYTES) throw new Error('The picture is too large.');
  const begin = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  const [type] = [...TYPES].find(([, begins]) => begins.test(begin)) ?? [];
  if (type === undefined) throw new Error('What it answered is not a picture.');
  return { type, bytes, hash: createHash('sha256').update(bytes).digest('base64url') };
}
