import { z } from 'zod';
import { ABILITIES } from '../../people/api-token.js';
import { lazily, type Operation, type Operations, type ValueOf } from '../operation.js';
import { API, ById, Id, listOf, PageQuery } from '../shapes.js';

const TOKENS = `${API}/tokens` as const;

export const ApiTokenView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    name: z.string(),
    abilities: z.array(z.enum(ABILITIES)),
    /** The projects that it is bound to; null for all that the person may see. */
    projectIds: z.array(Id()).nullable(),
    createdAt: z.string(),
    expiresAt: z.string().nullable(),
    /** To the minute. */
    lastUsedAt: z.string().nullable(),
  }),
);
export type ApiTokenView = ValueOf<typeof ApiTokenView>;

export const listTokens = {
  method: 'GET',
  path: TOKENS,
  permission: 'account.read',
  summary: "Lists the person's API tokens, without the tokens themselves",
  query: PageQuery,
  answers: { 200: () => listOf(ApiTokenView) },
} as const satisfies Operation;

const MOST_DAYS = 3_650;

export const createApiToken = {
  method: 'POST',
  path: TOKENS,
  permission: 'account.change',
  summary: 'Makes an API token and shows it, this once',
  body: () =>
    z.strictObject({
      name: z.string().trim().min(1).max(100),
      abilities: z
        .array(z.enum(ABILITIES))
        .min(1)
        .max(ABILITIES.length)
        .transform((abilities) => [...new Set(abilities)]),
      projectIds: z.array(Id()).min(1).max(100).nullable().default(null),
      /** Null: it never ends. */
      expiresInDays: z.int().min(1).max(MOST_DAYS).nullable().default(90),
    }),
  answers: { 201: () => ApiTokenView().extend({ token: z.string() }) },
  errors: ['not_found', 'conflict'],
} as const satisfies Operation;

export const revokeToken = {
  method: 'DELETE',
  path: `${TOKENS}/:id`,
  permission: 'account.change',
  summary: 'Ends an API token at once',
  params: ById,
  answers: { 200: () => z.object({ revoked: z.literal(true) }) },
  errors: ['not_found'],
} as const satisfies Operation;

export const apiTokens = { listTokens, createApiToken, revokeToken } as const satisfies Operations;
