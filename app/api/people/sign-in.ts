import { ACCOUNT } from '../../../src/contract/dashboard/account.js';
import type { Redirect } from '../../../src/contract/operation.js';
import { SIGN_IN, type signIn } from '../../../src/contract/people/sign-in.js';
import { hashToken } from '../../../src/people/api-token.js';
import { linkAccount, signInWith } from '../../../src/people/complete-sign-in.js';
import { countTry } from '../../../src/people/request-rates.js';
import {
  deviceOf,
  isProof,
  isSecret,
  newSecret,
  requestProof,
  type StoredSession,
} from '../../../src/people/session.js';
import {
  type Challenge,
  type PendingSignIn,
  pathWithin,
  type Provider,
  type Proven,
} from '../../../src/people/sign-in.js';
import type { User } from '../../../src/people/user.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { createCookies } from '../../http/cookies.js';
import type { Ports } from '../../ports.js';
import type { Browser, Handlers } from '../handler.js';
import { sessionCookie } from '../session.js';
import { loadSignInPage, type SignInPagePorts } from './sign-in-page.js';

/** GitHub's code lives ten minutes, and so does everything that waits for it. */
const PATIENCE_MS = 10 * 60_000;

/** The pages and redirects with which people sign in: reliability.md has the threats, docs/sign-in.md the configuration. */
export function signInHandlers(ports: SignInPagePorts): Handlers<typeof signIn> {
  const page = loadSignInPage(ports);
  return {
    async showSignIn(_ports, { query, session }) {
      if (session) return { status: 303, body: { location: ACCOUNT } };
      return { status: 200, body: page({ returnTo: pathWithin(query.return_to) }) };
    },

    async beginSignIn(given, { params, query, session, browser }): Promise<Redirect> {
      await limitTries(given, browser);
      const provider = providerNamed(given, params.provider);
      const linkTo = linkingSession(query.link, session);
      const fallback = linkTo === null ? '/' : ACCOUNT;
      const returnTo = query.return_to === undefined ? fallback : pathWithin(query.return_to);
      return begin(given, { provider, returnTo, linkTo, browser });
    },

    async finishSignIn(given, { params, query, session, browser }): Promise<Redirect> {
      await limitTries(given, browser);
      const provider = providerNamed(given, params.provider);
      const pending = await takePending(given, { state: query.state, provider, browser });
      const back = new URLSearchParams(query as Record<string, string>);
      const proven = await provider.finish(back, pending);
      if (pending.linkTo !== null) return finishLink(given, { pending, proven, session });
      return finish(given, { pending, proven, session, browser });
    },

    async signOut({ sessions, publicUrl }, { session }): Promise<Redirect> {
      if (session) await sessions.end(session.userId, session.id);
      return { location: SIGN_IN, cookies: [createCookies(publicUrl).clear('sid')] };
    },
  };
}

const TRIES = { times: 60, perMs: 60_000 };

/** Counted in the database, so that many processes do not allow many times as much. */
async function limitTries(ports: Ports, { address }: Browser): Promise<void> {
  const tries = await countTry(ports, { key: `sign-in ${address}`, perMs: TRIES.perMs });
  if (tries > TRIES.times)
    throw new VitrineError(
      'too_many_requests',
      'Too many sign-ins from one address. Try again in a few minutes.',
    );
}

function providerNamed({ providers }: Pick<Ports, 'providers'>, name: string): Provider {
  const provider = providers.find((one) => one.name === name);
  if (provider) return provider;
  throw new VitrineError(
    'not_found',
    'This way of signing in is not configured. The sign-in page lists those that are.',
  );
}

/** Another website could make the browser link an account of its own: only our page knows the proof. */
function linkingSession(proof: string | undefined, session: StoredSession | null): string | null {
  if (proof === undefined) return null;
  if (session && isProof(proof, requestProof(session, 'link'))) return session.id;
  throw new VitrineError('forbidden', 'Sign in, and connect the account from your account page.');
}

interface Begin extends Pick<PendingSignIn, 'returnTo' | 'linkTo'> {
  readonly provider: Provider;
  readonly browser: Browser;
}

async function begin(ports: Ports, { provider, browser, ...rest }: Begin): Promise<Redirect> {
  const { publicUrl, clock } = ports;
  const challenge: Challenge = { state: newSecret(), nonce: newSecret(), codeVerifier: newSecret() };
  // Several tabs share one cookie: each has a state of its own.
  const known = browser.signInCookie;
  const secret = isSecret(known) ? known : newSecret();
  const location = await provider.begin(challenge);
  await ports.pendingSignIns.create({
    ...challenge,
    ...rest,
    browser: hashToken(secret),
    provider: provider.name,
    expiresAt: new Date(clock.now().getTime() + PATIENCE_MS),
  });
  const cookie = createCookies(publicUrl).write('sign-in', secret, PATIENCE_MS / 1_000);
  return { location: location.href, cookies: [cookie] };
}

interface Back {
  readonly state: string | undefined;
  readonly provider: Provider;
  readonly browser: Browser;
}

async function takePending(
  { pendingSignIns, clock }: Ports,
  { state, provider, browser }: Back,
): Promise<PendingSignIn> {
  const secret = browser.signInCookie;
  const asked = isSecret(state) && isSecret(secret) ? { state, browser: hashToken(secret) } : null;
  const pending =
    asked && (await pendingSignIns.take({ ...asked, provider: provider.name, now: clock.now() }));
  if (pending) return pending;
  throw new VitrineError(
    'bad_request',
    'This sign-in was not begun in this browser, was used before, or took longer than ten minutes. Sign in again.',
  );
}

interface Finish {
  readonly pending: PendingSignIn;
  readonly proven: Proven;
  readonly session: StoredSession | null;
}

/** The session of before is over: a cookie that another person may know is not the one of the person who signed in. */
async function finish(
  ports: Ports,
  { pending, proven, session: former, browser }: Finish & { browser: Browser },
): Promise<Redirect> {
  const { userAgent, address } = browser;
  const device = deviceOf(userAgent);
  const { session, secret } = await signInWith(ports, { proven, browser: { device, address } });
  if (former) await ports.sessions.end(former.userId, former.id);
  return { location: pending.returnTo, cookies: [sessionCookie(ports, session, secret)] };
}

/** Both accounts were proven in one session: that which began, and which is still there. */
async function finishLink(ports: Ports, { pending, proven, session }: Finish): Promise<Redirect> {
  const user: User | null =
    session && session.id === pending.linkTo ? await ports.users.get(session.userId) : null;
  if (!user)
    throw new VitrineError('forbidden', 'You signed out in the meantime. Sign in, and connect it again.');
  await linkAccount(ports, { user, proven });
  return { location: pending.returnTo };
}
