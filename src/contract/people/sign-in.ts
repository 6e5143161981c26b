/** The pages with which people sign in. */
import { z } from 'zod';
import type { Operation, Operations } from '../operation.js';

export const SIGN_IN = '/sign-in';

const ReturnTo = () => z.string().max(2_000).optional();

const ByProvider = () => z.strictObject({ provider: z.enum(['github', 'google', 'openid']) });

export const showSignIn = {
  method: 'GET',
  path: SIGN_IN,
  permission: 'account.sign-in',
  summary: 'A page with the ways of signing in; leads who is signed in to their account',
  query: () => z.strictObject({ return_to: ReturnTo() }),
  answers: { 200: 'page', 303: 'redirect' },
} as const satisfies Operation;

export const beginSignIn = {
  method: 'GET',
  path: `${SIGN_IN}/:provider`,
  permission: 'account.sign-in',
  summary: 'Leads the browser to a provider, to sign in there',
  params: ByProvider,
  query: () =>
    z.strictObject({
      return_to: ReturnTo(),
      /** From the account page: connects another account to the person who is signed in. */
      link: z.string().max(100).optional(),
    }),
  answers: { 303: 'redirect' },
  errors: ['forbidden', 'not_found', 'too_many_requests', 'bad_gateway'],
} as const satisfies Operation;

export const finishSignIn = {
  method: 'GET',
  path: `${SIGN_IN}/:provider/callback`,
  permission: 'account.sign-in',
  summary: 'Where a provider sends the browser back to',
  params: ByProvider,
  // Providers add parameters of their own.
  query: () => z.looseObject({ state: z.string().max(200).optional() }),
  answers: { 303: 'redirect' },
  errors: ['forbidden', 'not_found', 'conflict', 'too_many_requests', 'bad_gateway'],
} as const satisfies Operation;

export const signOut = {
  method: 'POST',
  path: '/sign-out',
  permission: 'account.sign-in',
  summary: 'Ends the session of this browser',
  body: () => z.strictObject({ csrf: z.string().max(100).optional() }),
  form: true,
  answers: { 303: 'redirect' },
  errors: ['forbidden'],
} as const satisfies Operation;

export const signIn = {
  showSignIn,
  beginSignIn,
  finishSignIn,
  signOut,
} as const satisfies Operations;
