/** What previews looked like when they had become live. */
import { z } from 'zod';
import { DEPLOYMENTS } from './deployments.js';
import { ENVIRONMENTS } from './environments.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { ById, Id, listOf, PageQuery } from './shapes.js';

export const ScreenshotView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    environmentId: Id(),
    deploymentId: Id(),
    generation: z.int(),
    sha: z.string(),
    /** Null when there is none. */
    picture: z
      .object({
        takenAt: z.string(),
        width: z.int(),
        height: z.int(),
        /** Of the large picture. */
        bytes: z.int(),
        sha256: z.string(),
        /** In PNG. Whoever has an address of a picture can open it. */
        url: z.string(),
        /** In JPEG, half as wide and half as high. */
        thumbnailUrl: z.string(),
      })
      .nullable(),
    reason: z.string().nullable(),
    /** With what was live before; null when nothing was, or had no picture. */
    comparison: z
      .object({
        deploymentId: Id(),
        sha: z.string(),
        changed: z.boolean(),
        changedShare: z.number(),
        beforeUrl: z.string(),
        beforeThumbnailUrl: z.string(),
        /** Shows in red what changed; null when nothing did. */
        differenceUrl: z.string().nullable(),
      })
      .nullable(),
    recordedAt: z.string(),
  }),
);
export type ScreenshotView = ValueOf<typeof ScreenshotView>;

const listScreenshots = {
  method: 'GET',
  path: `${ENVIRONMENTS}/:id/screenshots`,
  permission: 'environment.read',
  resource: { environmentId: 'id' },
  summary: 'Pictures of what the environment showed, one for each deployment that was live, newest first',
  params: ById,
  query: PageQuery,
  answers: { 200: () => listOf(ScreenshotView) },
  errors: ['not_found'],
} as const satisfies Operation;

const getScreenshot = {
  method: 'GET',
  path: `${DEPLOYMENTS}/:id/screenshot`,
  permission: 'environment.read',
  resource: { deploymentId: 'id' },
  summary: 'The picture of a deployment, or the reason why there is none',
  params: ById,
  answers: { 200: ScreenshotView },
  errors: ['not_found'],
} as const satisfies Operation;

/** The pictures of a screenshot by the names that they have in addresses. */
export const PICTURE_FILES = [
  'page.png',
  'thumbnail.jpg',
  'before.png',
  'before-thumbnail.jpg',
  'difference.png',
] as const;
export type PictureFile = (typeof PICTURE_FILES)[number];

/** GitHub fetches the pictures of a comment without any right, so the address itself is the right. */
export const readPicture = {
  method: 'GET',
  path: '/images/screenshots/:id/:file',
  permission: 'server.read',
  summary: 'A picture, for whoever has its signed address',
  params: () => z.strictObject({ id: Id(), file: z.enum(PICTURE_FILES) }),
  query: () => z.strictObject({ signature: z.string().max(100) }),
  answers: { 200: 'image' },
  errors: ['not_found'],
} as const satisfies Operation;

export const screenshots = { listScreenshots, getScreenshot, readPicture } as const satisfies Operations;
