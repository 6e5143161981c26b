/** The page of a person's own account, and its forms. */
import { z } from 'zod';
import type { Operation, Operations } from '../operation.js';
import { changeAccount, disconnectAccount, endSession, endSessions } from '../people/account.js';
import { createApiToken, revokeToken } from '../people/api-tokens.js';
import { formOf, submits } from './form.js';

export const ACCOUNT = '/account' as const;

/** The page and everything on it is for a person in a browser: a token cannot change an account. */
const showAccount = {
  method: 'GET',
  path: ACCOUNT,
  permission: 'account.change',
  summary: 'The page of the account of who is signed in',
  answers: { 200: 'page' },
} as const satisfies Operation;

// A browser sends a box only when it is ticked.
const ticked = () => z.literal('yes').optional();
const typed = (most = 300) => z.string().max(most);
const plain = () => formOf({});
const ORPAGE = { 200: 'page', 303: 'redirect' } as const;

export const submitPreferences = {
  ...submits(changeAccount, {
    path: '/account/preferences',
    body: () => formOf({ name: typed(), theme: z.enum(['system', 'light', 'dark']) }),
  }),
  answers: ORPAGE,
} as const satisfies Operation;
export const submitMailPreferences = submits(changeAccount, {
  path: '/account/mails',
  body: () => formOf({ on_success: ticked(), on_failure: ticked() }),
});
export const submitDisconnection = submits(disconnectAccount, {
  path: '/account/accounts/:provider/disconnect',
  body: plain,
});
export const submitSessionEnd = submits(endSession, { path: '/account/sessions/:id/end', body: plain });
export const submitSessionsEnd = submits(endSessions, { path: '/account/sessions/end', body: plain });
export const submitNewToken = {
  ...submits(createApiToken, {
    path: '/account/tokens',
    body: () =>
      formOf({
        name: typed(),
        ability_read: ticked(),
        ability_deploy: ticked(),
        ability_admin: ticked(),
        /** Days, or `never`. */
        expires: typed(20),
        // One box for each project: `project_<id>`.
      }).catchall(z.string().max(20)),
  }),
  answers: ORPAGE,
} as const satisfies Operation;
export const submitTokenRevocation = submits(revokeToken, {
  path: '/account/tokens/:id/revoke',
  body: plain,
});

export const accountPages = {
  showAccount,
  submitPreferences,
  submitMailPreferences,
  submitDisconnection,
  submitSessionEnd,
  submitSessionsEnd,
  submitNewToken,
  submitTokenRevocation,
} as const satisfies Operations;
