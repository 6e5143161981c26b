import { ACCOUNT } from '../../../src/contract/dashboard/account.js';
import {
  PASSWORD_PAGE,
  RESET_PAGE,
  SIGN_UP_PAGE,
  submitNewPassword,
  VERIFY_PAGE,
} from '../../../src/contract/people/passwords.js';
import type { Page } from '../../../src/contract/operation.js';
import { SIGN_IN } from '../../../src/contract/people/sign-in.js';
import { maskedProof, type StoredSession } from '../../../src/people/session.js';
import { loadPage } from '../../render.js';

interface Field {
  readonly label: string;
  readonly name: string;
  readonly type: 'email' | 'password' | 'text';
  readonly value: string;
  /** By which password managers know what it is. */
  readonly autocomplete: string;
  readonly minlength: string;
  readonly maxlength: string;
}

interface Model {
  readonly title: string;
  readonly intro: string;
  /** What was wrong with what was sent. */
  readonly message: string;
  readonly action: string;
  readonly hidden: readonly { readonly name: string; readonly value: string }[];
  /** Under which password managers keep the new password; empty where the page does not know it. */
  readonly username: string;
  /** None: there is nothing to fill in. */
  readonly fields: readonly Field[];
  readonly submit: string;
  readonly links: readonly { readonly label: string; readonly href: string }[];
}

interface Sent {
  readonly session: StoredSession | null;
  readonly message?: string;
}

const TO_SIGN_IN = { label: 'To the sign-in page', href: SIGN_IN };
const TO_ACCOUNT = { label: 'To your account', href: ACCOUNT };
const ASK_AGAIN = { label: 'Ask for another link', href: RESET_PAGE };
const SIGN_UP_AGAIN = { label: 'Ask for another link', href: SIGN_UP_PAGE };
const NO_LIMIT = { minlength: '', maxlength: '' } as const;

function email(value = ''): Field {
  return {
    label: 'E-mail address',
    name: 'email',
    type: 'email',
    value,
    autocomplete: 'username',
    ...NO_LIMIT,
  };
}

function newPassword(): Field {
  const label = 'New password, at least 8 characters';
  return {
    label,
    name: 'password',
    type: 'password',
    value: '',
    autocomplete: 'new-password',
    ...NO_LIMIT,
    minlength: '8',
  };
}

interface FormModel extends Omit<Model, 'message' | 'hidden' | 'username'> {
  readonly username?: string;
}
type Form = (page: FormModel, sent: Sent, token?: string) => Page;
type Notice = (title: string, intro: string, links: Model['links']) => Page;

const NO_FORM = { message: '', action: '', hidden: [], username: '', fields: [], submit: '' } as const;

/** The pages of accounts with a password. They are complete without JavaScript. */
export function loadPasswordPages() {
  const render = loadPage<Model>({
    template: 'pages/password',
    style: 'setup-style',
    formAction: ["'self'"],
  });
  const form: Form = (page, { session, message = '' }, token) =>
    render({
      username: '',
      ...page,
      message,
      hidden: [
        ...(session ? [{ name: 'csrf', value: maskedProof(session, 'write') }] : []),
        ...(token === undefined ? [] : [{ name: 'token', value: token }]),
      ],
    });
  const notice: Notice = (title, intro, links) => render({ ...NO_FORM, title, intro, links });
  return { ...signUpPages(form), ...passwordPages(form), ...notices(notice) };
}

function signUpPages(form: Form) {
  return {
    signUp: (sent: Sent, typed = '') =>
      form(
        {
          title: 'Make an account',
          intro:
            'You get a mail with a link. It proves that the address is yours, and leads to a page on which you choose a password.',
          action: SIGN_UP_PAGE,
          fields: [email(typed)],
          submit: 'Send the link',
          links: [{ label: 'I have an account: sign in', href: SIGN_IN }],
        },
        sent,
      ),
    verify: (sent: Sent, { address, token, name = '' }: { address: string; token: string; name?: string }) =>
      form(
        {
          title: 'Choose a password',
          intro: `You then sign in with ${address} and this password.`,
          action: VERIFY_PAGE,
          username: address,
          fields: [
            {
              label: 'Your name',
              name: 'name',
              type: 'text',
              value: name,
              autocomplete: 'name',
              ...NO_LIMIT,
              maxlength: '100',
            },
            newPassword(),
          ],
          submit: 'Make the account',
          links: [{ label: 'I have an account: sign in', href: SIGN_IN }],
        },
        sent,
        token,
      ),
  };
}

function passwordPages(form: Form) {
  return {
    reset: (sent: Sent, typed = '') =>
      form(
        {
          title: 'Ask for a new password',
          intro:
            'You get a mail with a link to a page on which you choose a new password. The link works for an hour.',
          action: RESET_PAGE,
          fields: [email(typed)],
          submit: 'Send the link',
          links: [TO_SIGN_IN],
        },
        sent,
      ),
    newPassword: (sent: Sent, token: string) =>
      form(
        {
          title: 'Choose a new password',
          intro: 'You are then signed out in every browser, and sign in with the new password.',
          action: submitNewPassword.path,
          fields: [newPassword()],
          submit: 'Set the password',
          links: [ASK_AGAIN],
        },
        sent,
        token,
      ),
    change: (sent: Sent, { hasPassword, address }: { hasPassword: boolean; address: string }) =>
      form(
        {
          title: hasPassword ? 'Change your password' : 'Set a password',
          intro: 'You are then signed out in every other browser.',
          action: PASSWORD_PAGE,
          username: address,
          fields: [...(hasPassword ? [currentPassword()] : []), newPassword()],
          submit: hasPassword ? 'Change the password' : 'Set the password',
          links: [TO_ACCOUNT],
        },
        sent,
      ),
  };
}

function notices(notice: Notice) {
  const sent = (typed: string, again: string) =>
    notice(
      'Look into your mailbox',
      `A mail with a link is on its way to ${typed}, if the address can be used here. It can take a minute. If it does not come, look into the folder for spam, and check the address.`,
      [{ label: 'Type the address again', href: again }, TO_SIGN_IN],
    );
  const dead = (again: Model['links'][number]) =>
    notice(
      'This link does not work any more',
      'It was used, a newer one was sent, or its time is over. If you have used it, sign in. If not, ask for another one.',
      [again, TO_SIGN_IN],
    );
  const changed = (intro: string, link: Model['links'][number]) =>
    notice('Your password is changed', intro, [link]);
  return {
    signUpSent: (typed: string) => sent(typed, SIGN_UP_PAGE),
    resetSent: (typed: string) => sent(typed, RESET_PAGE),
    deadSignUpLink: () => dead(SIGN_UP_AGAIN),
    deadResetLink: () => dead(ASK_AGAIN),
    wasReset: () => changed('Sign in with it.', TO_SIGN_IN),
    changed: () =>
      changed('You stay signed in here, and were signed out in every other browser.', TO_ACCOUNT),
  };
}

function currentPassword(): Field {
  const label = 'Current password';
  return {
    label,
    name: 'current',
    type: 'password',
    value: '',
    autocomplete: 'current-password',
    ...NO_LIMIT,
  };
}

export type PasswordPages = ReturnType<typeof loadPasswordPages>;
