import { z } from 'zod';
import { THEMES } from '../../people/user.js';
import { lazily, type Operation, type Operations, type ValueOf } from '../operation.js';
import { API, ById, Id, listOf, PageQuery } from '../shapes.js';

const ME = `${API}/me` as const;

const Preferences = () =>
  z.object({
    theme: z.enum(THEMES),
    /** False: no mail about deployments at all. */
    email: z.boolean(),
    emailOnSuccess: z.boolean(),
    emailOnFailure: z.boolean(),
  });

export const AccountView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    name: z.string(),
    login: z.string().nullable(),
    email: z.string().nullable(),
    emailVerified: z.boolean(),
    avatarUrl: z.string().nullable(),
    administrator: z.boolean(),
    preferences: Preferences(),
    /** The accounts with which the person can sign in. */
    accounts: z.array(z.enum(['github', 'google', 'openid'])),
    /** What the server may read on GitHub on behalf of the person; `ended`: sign in with GitHub again. */
    githubConnection: z.object({
      state: z.enum(['none', 'connected', 'ended']),
      login: z.string().nullable(),
      scope: z.string().nullable(),
      connectedAt: z.string().nullable(),
    }),
    createdAt: z.string(),
  }),
);
export type AccountView = ValueOf<typeof AccountView>;

export const SessionView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    /** The one of this request. */
    current: z.boolean(),
    way: z.string(),
    device: z.string(),
    address: z.string(),
    createdAt: z.string(),
    lastUsedAt: z.string(),
    expiresAt: z.string(),
  }),
);
export type SessionView = ValueOf<typeof SessionView>;

export const getAccount = {
  method: 'GET',
  path: ME,
  permission: 'account.read',
  summary: 'The person who asks',
  answers: {
    200: () =>
      AccountView().extend({
        /** For the header `X-CSRF-Token` of writes from the browser; null for a token. */
        csrfToken: z.string().nullable(),
      }),
  },
} as const satisfies Operation;

export const changeAccount = {
  method: 'PATCH',
  path: ME,
  permission: 'account.change',
  summary: "Changes the person's name or preferences",
  body: () =>
    z.strictObject({
      name: z.string().trim().min(1).max(100).optional(),
      preferences: z.strictObject(Preferences().partial().shape).optional(),
    }),
  answers: { 200: AccountView },
} as const satisfies Operation;

export const disconnectAccount = {
  method: 'DELETE',
  path: `${ME}/accounts/:provider`,
  permission: 'account.change',
  summary: 'Takes an account at a provider away from the person, and its authorization back',
  params: () => z.strictObject({ provider: z.enum(['github', 'google', 'openid']) }),
  answers: { 200: AccountView },
  errors: ['not_found', 'conflict', 'bad_gateway'],
} as const satisfies Operation;

export const listSessions = {
  method: 'GET',
  path: `${ME}/sessions`,
  permission: 'account.change',
  summary: 'Lists the browsers in which the person is signed in',
  query: PageQuery,
  answers: { 200: () => listOf(SessionView) },
} as const satisfies Operation;

export const endSession = {
  method: 'DELETE',
  path: `${ME}/sessions/:id`,
  permission: 'account.change',
  summary: 'Signs the person out of one browser',
  params: ById,
  answers: { 200: () => z.object({ ended: z.int() }) },
  errors: ['not_found'],
} as const satisfies Operation;

export const endSessions = {
  method: 'DELETE',
  path: `${ME}/sessions`,
  permission: 'account.change',
  summary: 'Signs the person out of every browser',
  query: () =>
    z.strictObject({
      /** Stay signed in here. */
      keep_current: z.enum(['true', 'false']).optional(),
    }),
  answers: { 200: () => z.object({ ended: z.int() }) },
} as const satisfies Operation;

export const account = {
  getAccount,
  changeAccount,
  disconnectAccount,
  listSessions,
  endSession,
  endSessions,
} as const satisfies Operations;
