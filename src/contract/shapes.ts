/** Shapes that several nouns share. */
import { z } from 'zod';
import { lazily, type Schema, type ValueOf } from './operation.js';

export const API = '/api/v1';

export const Id = /* @__PURE__ */ lazily(() =>
  z.string().regex(/^[0-9a-f]{24}$/, 'must be an id: 24 lower-case hex digits'),
);

export const ById = /* @__PURE__ */ lazily(() => z.strictObject({ id: Id() }));

export const CommitSha = () =>
  z.string().regex(/^[0-9a-f]{40}$/, 'must be a full commit SHA: 40 lower-case hex digits');

export const PullRequestNumber = () =>
  z
    .int()
    .min(1)
    .max(2 ** 31);

export const RepositoryName = () =>
  z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)+$/, 'must be owner/name')
    .max(400);

export const RepositoryId = () =>
  z
    .string()
    .regex(/^[1-9]\d{0,14}$/, "must be GitHub's id of a repository")
    .transform(Number)
    .pipe(z.int());

/** A path on the host of another URL: it must not name another host. */
export const UrlPath = () =>
  z
    .string()
    .max(2_000)
    .regex(/^\/(?!\/)[^\s\\]*$/, 'must be a path that begins with one "/"');

export const WebUrl = /* @__PURE__ */ lazily(() => z.url({ protocol: /^https?$/ }).max(2_000));

export const DecisionView = /* @__PURE__ */ lazily(() =>
  z.object({ action: z.string(), rule: z.string(), detail: z.string() }),
);

export const ErrorAnswer = /* @__PURE__ */ lazily(() =>
  z.object({ error: z.object({ code: z.string(), message: z.string(), requestId: z.string() }) }),
);
export type ErrorAnswer = ValueOf<typeof ErrorAnswer>;

const MAX_PAGE = 100;
const LIMIT = `must be a whole number from 1 to ${MAX_PAGE}`;

/** The query parameters of every list. A number has one spelling only: `1e1` and ` 10` are refused. */
export const page = () => ({
  cursor: z.string().min(1).max(200).optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, LIMIT)
    .transform(Number)
    .pipe(z.int().min(1, LIMIT).max(MAX_PAGE, LIMIT))
    .default(50),
});

export const PageQuery = /* @__PURE__ */ lazily(() => z.strictObject(page()));

export const listOf = <T extends z.ZodType>(item: Schema<T>) =>
  z.object({ items: z.array(item()), nextCursor: z.string().nullable() });
