import {
  PASSWORD_PAGE,
  RESET_PAGE,
  SIGN_UP_PAGE,
  submitNewPassword,
  VERIFY_PAGE,
} from '../../../src/contract/people/passwords.js';
import type { Page } from '../../../src/contract/operation.js';
import { SIGN_IN } from '../../../src/contract/people/sign-in.js';
import { requestProof, type StoredSession } from '../../../src/people/session.js';
import { loadPage } from '../../render.js';

interface Field {
  readonly label: string;
  readonly name: string;
  readonly type: 'email' | 'password' | 'text';
  readonly value: string;
  /** By which password managers know what it is. */
  readonly autocomplete: string;
  readonly minlength: string;
}

interface Model {
  readonly title: string;
  readonly intro: string;
  /** What was wrong with what was sent. */
  readonly message: string;
  readonly action: string;
  readonly hidden: readonly { readonly name: string; readonly value: string }[];
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
const ASK_AGAIN = { label: 'Ask for another link', href: RESET_PAGE };

function email(value = ''): Field {
  return {
    label: 'E-mail address',
    name: 'email',
    type: 'email',
    value,
    autocomplete: 'username',
    minlength: '',
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
    minlength: '8',
  };
}

type Form = (page: Omit<Model, 'message' | 'hidden'>, sent: Sent, token?: string) => Page;
type Notice = (title: string, intro: string, links: Model['links']) => Page;

/** The pages of accounts with a password. They are complete without JavaScript. */
export function loadPasswordPages() {
  const render = loadPage<Model>({
    template: 'pages/password',
    style: 'setup-style',
    formAction: ["'self'"],
  });
  const form: Form = (page, { session, message = '' }, token) =>
    render({
      ...page,
      message,
      hidden: [
        ...(session ? [{ name: 'csrf', value: requestProof(session, 'write') }] : []),
        ...(token === undefined ? [] : [{ name: 'token', value: token }]),
      ],
    });
  const notice: Notice = (title, intro, links) =>
    render({ title, intro, links, message: '', action: '', hidden: [], fields: [], submit: '' });
  return { ...signUpPages(form), ...passwordPages(form), ...notices(notice) };
}

function signUpPages(form: Form) {
  return {
    signUp: (sent: Sent, typed = '') =>
      form(
        {
          title: 'Make an account',
          intro:
            'You get a mail with a link. It proves that the address is yours, and there you choose a password.',
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
          intro: `${address} is confirmed when you have chosen a password.`,
          action: VERIFY_PAGE,
          fields: [
            {
              label: 'Your name',
              name: 'name',
              type: 'text',
              value: name,
              autocomplete: 'name',
              minlength: '',
            },
            newPassword(),
          ],
          submit: 'Make the account',
          links: [],
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
          intro: 'You get a mail with a link, which works for an hour.',
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
          intro: 'You are then signed out in every browser.',
          action: submitNewPassword.path,
          fields: [newPassword()],
          submit: 'Set the password',
          links: [ASK_AGAIN],
        },
        sent,
        token,
      ),
    change: (sent: Sent, hasPassword: boolean) =>
      form(
        {
          title: hasPassword ? 'Change your password' : 'Set a password',
          intro: 'You are then signed out in every other browser.',
          action: PASSWORD_PAGE,
          fields: [...(hasPassword ? [currentPassword()] : []), newPassword()],
          submit: hasPassword ? 'Change the password' : 'Set the password',
          links: [{ label: 'To your account', href: SIGN_IN }],
        },
        sent,
      ),
  };
}

function notices(notice: Notice) {
  return {
    sent: (typed: string) =>
      notice(
        'Look into your mailbox',
        `If ${typed} can be used, a mail with a link is on its way. It can take a minute; look into the folder for spam too.`,
        [TO_SIGN_IN],
      ),
    deadLink: () =>
      notice(
        'This link does not work any more',
        'It was used, a newer one was sent, or its time is over. Ask for another one.',
        [{ label: 'Make an account', href: SIGN_UP_PAGE }, ASK_AGAIN, TO_SIGN_IN],
      ),
    changed: () => notice('Your password is changed', 'Sign in with it from now on.', [TO_SIGN_IN]),
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
    minlength: '',
  };
}

export type PasswordPages = ReturnType<typeof loadPasswordPages>;
