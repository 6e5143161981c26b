import type { IncomingMessage } from 'node:http';
import type { Operation } from '../../src/contract/operation.js';
import { ABILITIES, hashToken } from '../../src/people/api-token.js';
import type { UserActor } from '../../src/people/policies.js';
import {
  isProof,
  isSecret,
  LONGEST_SESSION_MS,
  requestProof,
  type SessionPorts,
  type StoredSession,
  useSession,
} from '../../src/people/session.js';
import { type AdministratorPorts, isAdministrator, type UserStore } from '../../src/people/user.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { AddressPorts } from '../../src/shared/preview-url.js';
import type { Clock } from '../../src/shared/tools.js';
import { createCookies, isFromOwnPage } from '../http/cookies.js';

export interface SessionParts extends SessionPorts, AdministratorPorts {
  readonly users: Pick<UserStore, 'get'>;
  readonly publicUrl: AddressPorts['publicUrl'];
  readonly clock: Clock;
}

/** A request of a browser in which a person is signed in. */
export interface SignedIn {
  readonly caller: UserActor;
  readonly session: StoredSession;
  /** A value of `Set-Cookie`, when the cookie was replaced. */
  readonly cookie: string | null;
}

/** Who is signed in in this browser; null when no person is, also when the session is over. */
export async function findSignedIn(parts: SessionParts, request: IncomingMessage): Promise<SignedIn | null> {
  const cookies = createCookies(parts.publicUrl);
  const secret = cookies.read(request, 'sid');
  if (!isSecret(secret)) return null;
  const session = await parts.sessions.byHash(hashToken(secret));
  const use = session && useSession(session, secret, parts.clock.now());
  if (!session || !use) return null;
  const user = await parts.users.get(session.userId);
  if (!user?.active) return null;
  // Of two requests at once, one replaces the cookie.
  const stored = use.patch === null || (await parts.sessions.change(session, use.patch));
  const caller: UserActor = {
    kind: 'user',
    userId: user.id,
    name: user.name,
    administrator: isAdministrator(user, parts.admins),
    abilities: ABILITIES,
    projectIds: null,
    sessionId: session.id,
  };
  const cookie = stored && use.secret !== null ? sessionCookie(parts, session, use.secret) : null;
  return { caller, session, cookie };
}

export function sessionCookie(
  { publicUrl, clock }: Pick<SessionParts, 'publicUrl' | 'clock'>,
  { expiresAt }: Pick<StoredSession, 'expiresAt'>,
  secret: string,
): string {
  const leftMs = Math.min(LONGEST_SESSION_MS, expiresAt.getTime() - clock.now().getTime());
  return createCookies(publicUrl).write('sid', secret, Math.max(0, Math.floor(leftMs / 1_000)));
}

interface Write {
  readonly operation: Operation;
  readonly request: IncomingMessage;
  readonly session: StoredSession | null;
}

/**
 * Browsers send cookies with requests that other websites cause, so a cookie alone changes nothing. A form is refused even without a
 * cookie: another website could sign the person in as another person. Its token is checked when its body is there.
 */
export function refuseForeignWrite(publicUrl: string, { operation, request, session }: Write): void {
  if (operation.method === 'GET' || (session === null && !operation.form)) return;
  if (!isFromOwnPage(request, publicUrl))
    throw new VitrineError('forbidden', 'This must be sent from a page of this server.');
  if (session && !operation.form) refuseWithoutProof(session, request.headers['x-csrf-token']);
}

const FOREIGN_REQUEST =
  'The CSRF token is missing or belongs to another session. Load the page again; programs find it in GET /api/v1/me and send it as X-CSRF-Token.';

export const FOREIGN_FORM =
  'The page was loaded before you signed in or out in this browser. Load it again, and repeat what you did.';

/** The token that only pages of this session know. */
export function refuseWithoutProof(
  session: StoredSession,
  given: unknown,
  message: string = FOREIGN_REQUEST,
): void {
  if (isProof(typeof given === 'string' ? given : undefined, requestProof(session, 'write'))) return;
  throw new VitrineError('forbidden', message);
}
