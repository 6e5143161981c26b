/** Protected previews: the password of a project, links that open one preview, and the way of visitors through the App's own host. */
import { z } from 'zod';
import { ACCESS_MODES, OPEN_PREVIEW } from '../shared/preview-access.js';
import { isDuration } from '../shared/time.js';
import { ENVIRONMENTS } from './environments.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { API, ById, Id, listOf, PageQuery, UrlPath } from './shapes.js';

const PROJECT_ACCESS = `${API}/projects/:id/access` as const;
const SHARE_LINKS = `${ENVIRONMENTS}/:id/share-links` as const;

export const AccessView = /* @__PURE__ */ lazily(() =>
  z.object({
    projectId: Id(),
    /** What the settings of the default branch and of the project say. A pull request may ask for more. */
    access: z.enum(ACCESS_MODES),
    /** Null when none is set. It is never answered itself. */
    password: z.object({ setAt: z.string(), setBy: z.string() }).nullable(),
  }),
);
export type AccessView = ValueOf<typeof AccessView>;

export const ShareLinkView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    environmentId: Id(),
    name: z.string(),
    /** Where on the preview it leads to. */
    path: z.string(),
    createdBy: z.string(),
    createdAt: z.string(),
    expiresAt: z.string(),
  }),
);
export type ShareLinkView = ValueOf<typeof ShareLinkView>;

const getProjectAccess = {
  method: 'GET',
  path: PROJECT_ACCESS,
  permission: 'project.read',
  resource: { projectId: 'id' },
  summary: 'Who may open the previews of a project, and whether it has a password',
  params: ById,
  answers: { 200: AccessView },
  errors: ['not_found'],
} as const satisfies Operation;

const setPreviewPassword = {
  method: 'PUT',
  path: `${PROJECT_ACCESS}/password`,
  permission: 'project.change',
  resource: { projectId: 'id' },
  summary: 'Sets the password that opens the previews of a project with `access: password`',
  description:
    'It needs at least 8 characters, is stored as a hash and never answered. Visitors who came in with the one before have to enter the new one.',
  params: ById,
  body: () => z.strictObject({ password: z.string().max(4_000) }),
  maxBytes: 32 * 1024,
  answers: { 200: AccessView },
  errors: ['not_found', 'unprocessable'],
} as const satisfies Operation;

const removePreviewPassword = {
  method: 'DELETE',
  path: `${PROJECT_ACCESS}/password`,
  permission: 'project.change',
  resource: { projectId: 'id' },
  summary: 'Removes the password: with `access: password`, only shared links let visitors in then',
  params: ById,
  answers: { 200: AccessView },
  errors: ['not_found'],
} as const satisfies Operation;

const listShareLinks = {
  method: 'GET',
  path: SHARE_LINKS,
  permission: 'environment.share',
  resource: { environmentId: 'id' },
  summary: 'The links that open a protected preview now, newest first, without their tokens',
  params: ById,
  query: PageQuery,
  answers: { 200: () => listOf(ShareLinkView) },
  errors: ['not_found'],
} as const satisfies Operation;

const createShareLink = {
  method: 'POST',
  path: SHARE_LINKS,
  permission: 'environment.share',
  resource: { environmentId: 'id' },
  summary: 'Makes a link that opens one protected preview until it ends or is revoked',
  description:
    'The address is answered this once: only a hash of its token is stored. 90d is the longest time.',
  params: ById,
  body: () =>
    z.strictObject({
      duration: z.string().refine(isDuration, 'must be a time such as 90m, 12h or 7d').default('7d'),
      name: z.string().trim().min(1).max(100).default('Shared link'),
      /** Where on the preview the link leads to. */
      path: UrlPath().default('/'),
    }),
  answers: { 201: () => z.object({ link: ShareLinkView(), url: z.string() }) },
  errors: ['not_found', 'conflict', 'environment_gone', 'unprocessable'],
} as const satisfies Operation;

const revokeShareLink = {
  method: 'DELETE',
  path: `${SHARE_LINKS}/:linkId`,
  permission: 'environment.share',
  resource: { environmentId: 'id' },
  summary: 'Revokes a link: who came in with it is let in no longer',
  params: () => z.strictObject({ id: Id(), linkId: Id() }),
  answers: { 200: () => z.object({ revoked: z.literal(true) }) },
  errors: ['not_found'],
} as const satisfies Operation;

const openPreview = {
  method: 'GET',
  path: OPEN_PREVIEW,
  permission: 'account.sign-in',
  summary: 'Leads a visitor of a preview with `access: github` to sign in, and back',
  query: () =>
    z.strictObject({
      /** The host label of the preview. */
      host: z.string().regex(/^[a-z0-9-]{1,63}$/),
      /** The hash of a secret that only the browser has. */
      state: z.string().regex(/^[0-9a-f]{64}$/),
      /** A path of the preview. */
      to: z.string().max(1_000).default('/'),
    }),
  answers: { 303: 'redirect' },
  errors: ['not_found', 'too_many_requests'],
} as const satisfies Operation;

export const access = {
  getProjectAccess,
  setPreviewPassword,
  removePreviewPassword,
  listShareLinks,
  createShareLink,
  revokeShareLink,
  openPreview,
} as const satisfies Operations;
