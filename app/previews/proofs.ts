import { LRUCache } from 'lru-cache';
import {
  type AccessRule,
  type Grant,
  isWorthSending,
  newGrant,
  renewedGrant,
  standingOf,
} from '../../src/access/grant.js';
import { mayOpen } from '../../src/access/hand-over.js';
import type { PreviewAccessPorts } from '../../src/access/store.js';
import { hashToken } from '../../src/people/api-token.js';
import type { RightsPorts } from '../../src/people/rights.js';
import type { AdministratorPorts, UserPorts } from '../../src/people/user.js';
import type { SealPorts } from '../../src/secrets/envelope.js';
import { isVitrineError, VitrineError } from '../../src/shared/errors.js';
import type { Clock } from '../../src/shared/tools.js';

export type ProofPorts = SealPorts &
  RightsPorts &
  UserPorts &
  AdministratorPorts &
  Pick<PreviewAccessPorts, 'previewLinks'> & { readonly clock: Clock };

/** What a request shows to be let in. */
export interface Shown {
  /** In the address, or in a header. */
  readonly tokens: readonly string[];
  readonly grants: readonly Grant[];
}

interface Place {
  readonly label: string;
  readonly rule: AccessRule;
}

/** Why a request is let in. */
interface Proof {
  readonly byToken: boolean;
  /** The browser is to keep this one; null when the one that it has is new enough. */
  readonly renewed: Grant | null;
}

export interface Proofs {
  /** Whether a cookie lets the request in without a question to anybody. */
  known(shown: Shown, place: Place): boolean;
  /** Null: the request shows nothing that lets it in. */
  check(shown: Shown, place: Place): Promise<Proof | null>;
}

/** What was asked is known for so long in this process: a page loads many files, and each of them asks. */
const ASKED_MS = { person: 60_000, link: 3_000 } as const;
const MOST_ANSWERS = 10_000;

/** Finds out whether what a request shows still holds. */
export function createProofs(ports: ProofPorts): Proofs {
  const { clock, previewLinks } = ports;
  const now = () => clock.now();
  const askPerson = remembering<boolean>(ASKED_MS.person, now);
  const askLink = remembering<Link | null>(ASKED_MS.link, now);
  const askToken = remembering<Link | null>(ASKED_MS.link, now);

  const person = (userId: string, rule: AccessRule) =>
    askPerson(`${userId} ${rule.projectId}`, () => mayOpen(ports, userId, rule).catch(notSaid));
  const link = (id: string) => askLink(id, async () => previewLinks.get(id, now()));
  const byToken = (token: string) => {
    const hash = hashToken(token);
    return askToken(hash, async () => previewLinks.byHash(hash, now()));
  };

  async function checkToken(token: string, { label, rule }: Place): Promise<Proof | null> {
    const found = await byToken(token);
    if (found?.environmentId !== rule.environmentId || found.expiresAt <= now()) return null;
    const grant = newGrant({
      label,
      rule,
      by: found.kind,
      key: found.id,
      now: now(),
      linkEnds: found.expiresAt,
    });
    return { byToken: true, renewed: grant };
  }

  async function checkGrant(grant: Grant, place: Place): Promise<Proof | null> {
    const at = now();
    const standing = standingOf(grant, { ...place, now: at });
    if (standing === 'over') return null;
    if (standing !== 'ask') return kept(standing === 'renew' ? renewedGrant(grant, at) : null);
    if (grant.by === 'github')
      return (await person(grant.key, place.rule)) ? kept(renewedGrant(grant, at)) : null;
    const found = await link(grant.key);
    if (found?.environmentId !== place.rule.environmentId || found.expiresAt <= at) return null;
    return kept(isWorthSending(grant, at) ? renewedGrant(grant, at, found.expiresAt) : null);
  }

  return {
    known: ({ tokens, grants }, place) =>
      tokens.length === 0 && grants.some((grant) => standingOf(grant, { ...place, now: now() }) === 'good'),
    async check({ tokens, grants }, place) {
      for (const token of tokens) {
        const proof = await checkToken(token, place);
        if (proof) return proof;
      }
      for (const grant of grants) {
        const proof = await checkGrant(grant, place);
        if (proof) return proof;
      }
      return null;
    },
  };
}

/** GitHub is away: the visitor comes back, and is not let in meanwhile. */
function notSaid(cause: unknown): never {
  if (isVitrineError(cause)) throw cause;
  throw new VitrineError('unavailable', 'GitHub does not say what a visitor may read.', { cause });
}

function kept(renewed: Grant | null): Proof {
  return { byToken: false, renewed };
}

type Link = NonNullable<Awaited<ReturnType<PreviewAccessPorts['previewLinks']['get']>>>;

/** Asks once for many requests at the same time, and again after a while. What failed is not remembered. */
function remembering<Answer>(ms: number, now: () => Date) {
  // Each counts as 1, because `max` would take the memory of all of them at once.
  const answers = new LRUCache<string, { readonly until: number; readonly answer: Promise<Answer> }>({
    maxSize: MOST_ANSWERS,
    sizeCalculation: () => 1,
  });
  return (key: string, ask: () => Promise<Answer>): Promise<Answer> => {
    const at = now().getTime();
    const known = answers.get(key);
    if (known && known.until > at) return known.answer;
    const entry = { until: at + ms, answer: ask() };
    answers.set(key, entry);
    entry.answer.catch(() => answers.get(key) === entry && answers.delete(key));
    return entry.answer;
  };
}
