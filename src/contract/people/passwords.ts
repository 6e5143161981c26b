/** Accounts with an e-mail address and a password: operations for programs, and the same as forms of pages. */
import { z } from 'zod';
import { lazily, type Operation, type Operations } from '../operation.js';
import { API } from '../shapes.js';

const RESETS = `${API}/password-resets` as const;

export const SIGN_UP_PAGE = '/sign-up';
export const VERIFY_PAGE = '/verify-email';
export const RESET_PAGE = '/reset-password';
export const PASSWORD_PAGE = '/change-password';

export const Email = () =>
  z.string().trim().max(254, 'must be an e-mail address').pipe(z.email('must be an e-mail address'));
/** Its length in bytes is checked with it: docs/accounts.md. Longer input is cut off here. */
const Password = () => z.string().max(4_096, 'is too long: 1024 bytes are the most');
const Name = () => z.string().trim().min(1, 'must not be empty').max(100);
const Token = () => z.string().max(100);

/** The same for every address, so that the person who asks does not learn whether there is an account. */
const Sent = /* @__PURE__ */ lazily(() => z.object({ message: z.string() }));

const SignedIn = /* @__PURE__ */ lazily(() =>
  z.object({ id: z.string(), name: z.string(), email: z.string().nullable() }),
);

export const requestSignUp = {
  method: 'POST',
  path: `${API}/sign-up`,
  permission: 'account.sign-in',
  summary: 'Sends a link with which a person makes an account',
  body: () => z.strictObject({ email: Email() }),
  answers: { 202: Sent },
  errors: ['forbidden', 'too_many_requests'],
} as const satisfies Operation;

export const verifyEmail = {
  method: 'POST',
  path: `${API}/verify-email`,
  permission: 'account.sign-in',
  summary: 'Makes the account of the link, and signs the person in',
  body: () => z.strictObject({ token: Token(), name: Name(), password: Password() }),
  answers: { 201: SignedIn },
  errors: ['forbidden', 'conflict', 'unprocessable'],
} as const satisfies Operation;

export const signInWithPassword = {
  method: 'POST',
  path: `${API}/sign-in`,
  permission: 'account.sign-in',
  summary: 'Signs a person in with their password; the answer sets the cookie of the session',
  body: () => z.strictObject({ email: Email(), password: Password() }),
  answers: { 200: SignedIn },
  errors: ['forbidden', 'too_many_requests'],
} as const satisfies Operation;

export const requestPasswordReset = {
  method: 'POST',
  path: RESETS,
  permission: 'account.sign-in',
  summary: 'Sends a link for a new password',
  body: () => z.strictObject({ email: Email() }),
  answers: { 202: Sent },
  errors: ['forbidden', 'too_many_requests'],
} as const satisfies Operation;

export const resetPassword = {
  method: 'POST',
  path: `${RESETS}/use`,
  permission: 'account.sign-in',
  summary: 'Sets a new password with a link, and ends every session of the person',
  body: () => z.strictObject({ token: Token(), password: Password() }),
  answers: { 200: () => z.object({ changed: z.literal(true) }) },
  errors: ['forbidden', 'unprocessable'],
} as const satisfies Operation;

export const changePassword = {
  method: 'PUT',
  path: `${API}/me/password`,
  permission: 'account.change',
  summary: "Changes the person's password, and ends their other sessions",
  body: () =>
    z.strictObject({
      /** Null for a person who has none yet. */
      current: Password().nullable().default(null),
      password: Password(),
    }),
  answers: { 200: () => z.object({ changed: z.literal(true) }) },
  errors: ['unprocessable', 'too_many_requests'],
} as const satisfies Operation;

const csrf = () => z.string().max(100).optional();
const TokenQuery = () => z.strictObject({ token: Token().optional() });
/** What a person types wrong is shown with the form again, so forms take any text. */
const typed = () => z.string().max(5_000);

export const showSignUp = {
  method: 'GET',
  path: SIGN_UP_PAGE,
  permission: 'account.sign-in',
  summary: 'A page on which people ask for an account',
  answers: { 200: 'page' },
  errors: ['forbidden'],
} as const satisfies Operation;

export const submitSignUp = {
  method: 'POST',
  path: SIGN_UP_PAGE,
  permission: 'account.sign-in',
  summary: 'The form of the page',
  body: () => z.strictObject({ email: typed(), csrf: csrf() }),
  form: true,
  answers: { 200: 'page' },
  errors: ['forbidden'],
} as const satisfies Operation;

export const showVerifyEmail = {
  method: 'GET',
  path: VERIFY_PAGE,
  permission: 'account.sign-in',
  summary: 'Where the link of a mail leads: the person chooses a name and a password',
  query: TokenQuery,
  answers: { 200: 'page' },
  errors: ['forbidden'],
} as const satisfies Operation;

export const submitVerifyEmail = {
  method: 'POST',
  path: VERIFY_PAGE,
  permission: 'account.sign-in',
  summary: 'The form of the page; signs the person in',
  body: () => z.strictObject({ token: typed(), name: typed(), password: typed(), csrf: csrf() }),
  form: true,
  answers: { 200: 'page', 303: 'redirect' },
  errors: ['forbidden'],
} as const satisfies Operation;

export const submitPasswordSignIn = {
  method: 'POST',
  path: '/sign-in',
  permission: 'account.sign-in',
  summary: 'The form for a password on the sign-in page',
  body: () =>
    z.strictObject({
      email: typed(),
      password: typed(),
      return_to: z.string().max(2_000).optional(),
      csrf: csrf(),
    }),
  form: true,
  answers: { 200: 'page', 303: 'redirect' },
  errors: ['forbidden'],
} as const satisfies Operation;

export const showResetPassword = {
  method: 'GET',
  path: RESET_PAGE,
  permission: 'account.sign-in',
  summary: 'A page on which people ask for a new password, and choose it when they come from a mail',
  query: TokenQuery,
  answers: { 200: 'page' },
  errors: ['forbidden'],
} as const satisfies Operation;

export const submitResetRequest = {
  method: 'POST',
  path: RESET_PAGE,
  permission: 'account.sign-in',
  summary: 'The form that asks for a link',
  body: () => z.strictObject({ email: typed(), csrf: csrf() }),
  form: true,
  answers: { 200: 'page' },
  errors: ['forbidden'],
} as const satisfies Operation;

export const submitNewPassword = {
  method: 'POST',
  path: `${RESET_PAGE}/new`,
  permission: 'account.sign-in',
  summary: 'The form with the new password',
  body: () => z.strictObject({ token: typed(), password: typed(), csrf: csrf() }),
  form: true,
  answers: { 200: 'page' },
  errors: ['forbidden'],
} as const satisfies Operation;

export const showChangePassword = {
  method: 'GET',
  path: PASSWORD_PAGE,
  permission: 'account.change',
  summary: 'A page on which people who are signed in choose another password',
  answers: { 200: 'page' },
} as const satisfies Operation;

export const submitChangePassword = {
  method: 'POST',
  path: PASSWORD_PAGE,
  permission: 'account.change',
  summary: 'The form of the page',
  body: () => z.strictObject({ current: typed().default(''), password: typed(), csrf: csrf() }),
  form: true,
  answers: { 200: 'page' },
} as const satisfies Operation;

export const passwords = {
  requestSignUp,
  verifyEmail,
  signInWithPassword,
  requestPasswordReset,
  resetPassword,
  changePassword,
  showSignUp,
  submitSignUp,
  showVerifyEmail,
  submitVerifyEmail,
  submitPasswordSignIn,
  showResetPassword,
  submitResetRequest,
  submitNewPassword,
  showChangePassword,
  submitChangePassword,
} as const satisfies Operations;
