import { z } from 'zod';
import { isHash } from '../shared/hash.js';
import { DEPLOYMENTS } from './deployments.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { ById } from './shapes.js';

const MIB = 1024 * 1024;

const Root = () => z.string().refine(isHash, 'must be a SHA-256 in lower-case hex');

/** Parts of a list of files, as pairs of the first index and a count. */
export const Ranges = /* @__PURE__ */ lazily(() =>
  z.array(z.tuple([z.number().int().nonnegative(), z.number().int().positive()])).max(50_000),
);

const UploadAnswer = /* @__PURE__ */ lazily(() =>
  z.object({
    /** Every file is there, and the server serves the build at the address of its commit. */
    complete: z.boolean(),
    /** What the author should know about the upload, one sentence each. */
    notes: z.array(z.string()).default([]),
    commitUrl: z.string().nullable().default(null),
  }),
);
export type UploadAnswer = ValueOf<typeof UploadAnswer>;

/** `entries` and `blobs` point into the client's sorted keys, `kept` into the files of the base, sorted by path. */
export const PlanAnswer = /* @__PURE__ */ lazily(() =>
  z.object({
    root: Root(),
    /** The server has this manifest already; only blobs may be missing. */
    known: z.boolean(),
    base: Root().nullable(),
    kept: Ranges(),
    entries: Ranges(),
    blobs: Ranges(),
  }),
);
export type PlanAnswer = ValueOf<typeof PlanAnswer>;

const UploadPlanAnswer = /* @__PURE__ */ lazily(() => PlanAnswer().extend(UploadAnswer().shape));

export const uploadPlan = {
  method: 'POST',
  path: `${DEPLOYMENTS}/:id/manifest`,
  permission: 'deployment.upload',
  resource: { deploymentId: 'id' },
  summary: 'Sends the file list of a build. The answer says which files are missing',
  params: ById,
  body: 'bytes',
  // A header and eight bytes for each of 50,000 files, which is all that a build may have.
  maxBytes: 47 + 8 * 50_000,
  answers: { 200: UploadPlanAnswer },
  errors: ['conflict', 'stale_head', 'environment_gone', 'unprocessable', 'disk_full'],
} as const satisfies Operation;

export const uploadPack = {
  method: 'POST',
  path: `${DEPLOYMENTS}/:id/blobs`,
  permission: 'deployment.upload',
  resource: { deploymentId: 'id' },
  summary: 'Sends missing files, many in one request',
  params: ById,
  body: 'stream',
  maxBytes: 500 * MIB,
  answers: { 200: UploadAnswer },
  errors: ['conflict', 'stale_head', 'environment_gone', 'unprocessable', 'disk_full'],
} as const satisfies Operation;

export const uploads = { uploadPlan, uploadPack } as const satisfies Operations;
