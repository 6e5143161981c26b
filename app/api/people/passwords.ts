import { ACCOUNT } from '../../../src/contract/dashboard/account.js';
import type { Page, Redirect } from '../../../src/contract/operation.js';
import { Email, type passwords } from '../../../src/contract/people/passwords.js';
import { requirePasswords } from '../../../src/people/account-rules.js';
import {
  changePassword,
  completeSignUp,
  emailOfLink,
  isResetLink,
  requestReset,
  requestSignUp,
  resetPassword,
  signInWithPassword,
} from '../../../src/people/accounts.js';
import { startSession } from '../../../src/people/complete-sign-in.js';
import { deviceOf, type StoredSession } from '../../../src/people/session.js';
import { pathWithin } from '../../../src/people/sign-in.js';
import type { User } from '../../../src/people/user.js';
import { type ErrorCode, isVitrineError, VitrineError } from '../../../src/shared/errors.js';
import type { Ports } from '../../ports.js';
import type { Browser, Handlers } from '../handler.js';
import { sessionCookie } from '../session.js';
import { personOf } from './account.js';
import { loadPasswordPages, type PasswordPages } from './password-pages.js';
import { loadSignInPage } from './sign-in-page.js';

const SENT = 'If the address can be used, a mail with a link is on its way.';

/** Accounts with an e-mail address and a password: docs/accounts.md. */
export function passwordHandlers(ports: Ports): Handlers<typeof passwords> {
  return { ...operations, ...formHandlers(ports) };
}

type Operations =
  | 'requestSignUp'
  | 'verifyEmail'
  | 'signInWithPassword'
  | 'requestPasswordReset'
  | 'resetPassword'
  | 'changePassword';

const operations: Pick<Handlers<typeof passwords>, Operations> = {
  async requestSignUp(ports, { body, browser: { address } }) {
    await requestSignUp(ports, { email: body.email, address });
    return { message: SENT };
  },

  async verifyEmail(ports, { body, session, browser, setCookie }) {
    const user = await completeSignUp(ports, body);
    setCookie(await cookieFor(ports, { user, session, browser }));
    return { id: user.id, name: user.name, email: user.email };
  },

  async signInWithPassword(ports, { body, session, browser, setCookie }) {
    const user = await signInWithPassword(ports, {
      ...body,
      address: browser.address,
      known: knownBy(session),
    });
    setCookie(await cookieFor(ports, { user, session, browser }));
    return { id: user.id, name: user.name, email: user.email };
  },

  async requestPasswordReset(ports, { body, browser: { address } }) {
    await requestReset(ports, { email: body.email, address });
    return { message: SENT };
  },

  async resetPassword(ports, { body }) {
    await resetPassword(ports, body);
    return { changed: true };
  },

  async changePassword(ports, { caller, session, body }) {
    const user = await personOf(ports, caller);
    await changePassword(ports, { ...body, user, sessionId: sessionIdOf(session) });
    return { changed: true };
  },
};

function knownBy(session: StoredSession | null) {
  return session && { userId: session.userId, sessionId: session.id };
}

function sessionIdOf(session: StoredSession | null): string {
  if (session) return session.id;
  throw new VitrineError('forbidden', 'A password is changed in the browser in which you are signed in.');
}

interface SigningIn {
  readonly user: User;
  readonly session: StoredSession | null;
  readonly browser: Browser;
}

/** Starts a session in this browser. The one of before is over: its cookie may be known to another person. */
async function cookieFor(ports: Ports, { user, session: former, browser }: SigningIn): Promise<string> {
  const { userAgent, address } = browser;
  const where = { device: deviceOf(userAgent), address };
  const { session, secret } = await startSession(ports, { user, way: 'password', browser: where });
  if (former) await ports.sessions.end(former.userId, former.id);
  return sessionCookie(ports, session, secret);
}

type Forms<Names extends keyof typeof passwords> = Pick<Handlers<typeof passwords>, Names>;

function formHandlers(given: Ports): Omit<Handlers<typeof passwords>, Operations> {
  const pages = loadPasswordPages();
  return { ...signUpForms(pages), ...signInForm(given), ...resetForms(pages), ...changeForms(pages) };
}

function signUpForms(
  pages: PasswordPages,
): Forms<'showSignUp' | 'submitSignUp' | 'showVerifyEmail' | 'submitVerifyEmail'> {
  return {
    async showSignUp(ports, { session }) {
      requirePasswords(ports, 'sign-up');
      return pages.signUp({ session });
    },

    async submitSignUp(ports, { body, session, browser: { address } }) {
      return orAgain(
        (message) => pages.signUp({ session, message }, body.email),
        async () => {
          await requestSignUp(ports, { email: typedEmail(body.email), address });
          return pages.signUpSent(body.email);
        },
      );
    },

    async showVerifyEmail(ports, { query, session }) {
      requirePasswords(ports, 'sign-up');
      const token = query.token ?? '';
      const address = await emailOfLink(ports, token);
      return address === null ? pages.deadSignUpLink() : pages.verify({ session }, { address, token });
    },

    async submitVerifyEmail(ports, { body, session, browser }) {
      const { token, name, password } = body;
      const address = await emailOfLink(ports, token);
      if (address === null) return { status: 200, body: pages.deadSignUpLink() };
      return pageOrRedirect(
        (message) => pages.verify({ session, message }, { address, token, name }),
        async () => {
          const user = await completeSignUp(ports, { token, name: typedName(name), password });
          return { location: ACCOUNT, cookies: [await cookieFor(ports, { user, session, browser })] };
        },
      );
    },
  };
}

function signInForm(given: Ports): Forms<'submitPasswordSignIn'> {
  const signInPage = loadSignInPage(given);
  return {
    async submitPasswordSignIn(ports, { body, session, browser }) {
      const { email, password, return_to } = body;
      const returnTo = pathWithin(return_to);
      return pageOrRedirect(
        (message) => signInPage({ returnTo, typed: { email, message } }),
        async () => {
          const asked = {
            email: typedEmail(email),
            password,
            address: browser.address,
            known: knownBy(session),
          };
          const user = await signInWithPassword(ports, asked);
          return { location: returnTo, cookies: [await cookieFor(ports, { user, session, browser })] };
        },
      );
    },
  };
}

function resetForms(
  pages: PasswordPages,
): Forms<'showResetPassword' | 'submitResetRequest' | 'submitNewPassword'> {
  return {
    async showResetPassword(ports, { query: { token }, session }) {
      requirePasswords(ports, 'sign-in');
      if (token === undefined) return pages.reset({ session });
      return (await isResetLink(ports, token))
        ? pages.newPassword({ session }, token)
        : pages.deadResetLink();
    },

    async submitResetRequest(ports, { body, session, browser: { address } }) {
      return orAgain(
        (message) => pages.reset({ session, message }, body.email),
        async () => {
          await requestReset(ports, { email: typedEmail(body.email), address });
          return pages.resetSent(body.email);
        },
      );
    },

    async submitNewPassword(ports, { body: { token, password }, session }) {
      if (!(await isResetLink(ports, token))) return pages.deadResetLink();
      return orAgain(
        (message) => pages.newPassword({ session, message }, token),
        async () => {
          await resetPassword(ports, { token, password });
          return pages.wasReset();
        },
      );
    },
  };
}

function changeForms(pages: PasswordPages): Forms<'showChangePassword' | 'submitChangePassword'> {
  return {
    async showChangePassword(ports, { caller, session }) {
      const user = await personOf(ports, caller);
      return pages.change({ session }, await ownerOf(ports, user));
    },

    async submitChangePassword(ports, { caller, session, body: { current, password } }) {
      const user = await personOf(ports, caller);
      const owner = await ownerOf(ports, user);
      return orAgain(
        (message) => pages.change({ session, message }, owner),
        async () => {
          await changePassword(ports, { user, sessionId: sessionIdOf(session), current, password });
          return pages.changed();
        },
      );
    },
  };
}

async function ownerOf(
  { passwordHashes }: Ports,
  { id, email }: User,
): Promise<{ readonly hasPassword: boolean; readonly address: string }> {
  return { hasPassword: (await passwordHashes.get(id)) !== null, address: email ?? '' };
}

function typedEmail(text: string): string {
  const read = Email().safeParse(text);
  if (read.success) return read.data;
  throw new VitrineError('unprocessable', 'That is not an e-mail address.');
}

function typedName(text: string): string {
  const name = text.trim();
  if (name !== '' && name.length <= 100) return name;
  throw new VitrineError('unprocessable', 'Your name must have 1 to 100 characters.');
}

/** What the person can mend: they see the form again, with what was wrong. */
const MENDABLE: readonly ErrorCode[] = [
  'unauthorized',
  'unprocessable',
  'conflict',
  'too_many_requests',
  'unavailable',
];

async function orAgain(again: (message: string) => Page, work: () => Promise<Page>): Promise<Page> {
  try {
    return await work();
  } catch (error) {
    return again(mendable(error));
  }
}

type PageOrRedirect =
  { readonly status: 200; readonly body: Page } | { readonly status: 303; readonly body: Redirect };

async function pageOrRedirect(
  again: (message: string) => Page,
  work: () => Promise<Redirect>,
): Promise<PageOrRedirect> {
  try {
    return { status: 303, body: await work() };
  } catch (error) {
    return { status: 200, body: again(mendable(error)) };
  }
}

/** The message of an error that the person can mend; throws any other. */
function mendable(error: unknown): string {
  if (isVitrineError(error) && MENDABLE.includes(error.code)) return error.message;
  throw error;
}
