/** The overview, and the page of one preview with its forms. */
import { z } from 'zod';
import {
  approveEnvironment,
  cancelEnvironment,
  destroyEnvironment,
  extendEnvironment,
  pinEnvironment,
  redeployEnvironment,
  unpinEnvironment,
  wakeEnvironment,
} from '../environments.js';
import type { Operation, Operations } from '../operation.js';
import { ById } from '../shapes.js';
import { formOf, submits } from './form.js';

export const PREVIEWS = '/previews' as const;
export const LIVE = '/live' as const;

/** Which previews are wanted, as the address of the overview says it. What the form leaves empty means nothing. */
const OverviewQuery = () =>
  z.object({
    project: z.string().max(24).optional(),
    /** `active`, unless given: `all`, a status, or a word for several. */
    status: z.string().max(40).optional(),
    author: z.string().max(100).optional(),
    q: z.string().max(200).optional(),
    cursor: z.string().max(200).optional(),
  });

/** A stream that says that something changed; the page is loaded again then. */
export const watched = {
  media: ['text/event-stream'],
  answers: { 200: () => z.object({ version: z.string() }) },
} as const;

/** The version that the page shows. */
export const From = () => z.string().max(40).default('');

const showOverview = {
  method: 'GET',
  path: PREVIEWS,
  permission: 'environment.list',
  summary: 'A page with the previews that the person sees',
  query: OverviewQuery,
  answers: { 200: 'page' },
} as const satisfies Operation;

const watchOverview = {
  method: 'GET',
  path: `${LIVE}/previews`,
  permission: 'environment.list',
  summary: 'Says when the overview shows something else',
  query: () => OverviewQuery().extend({ from: From() }),
  ...watched,
} as const satisfies Operation;

const showPreview = {
  method: 'GET',
  path: `${PREVIEWS}/:id`,
  permission: 'environment.read',
  resource: { environmentId: 'id' },
  summary: 'The page of one preview',
  params: ById,
  answers: { 200: 'page' },
  errors: ['not_found'],
} as const satisfies Operation;

const watchPreview = {
  method: 'GET',
  path: `${LIVE}/previews/:id`,
  permission: 'environment.read',
  resource: { environmentId: 'id' },
  summary: 'Says when a preview, its newest deployment or its health changes',
  params: ById,
  query: () => z.object({ from: From() }),
  ...watched,
  errors: ['not_found'],
} as const satisfies Operation;

const plain = () => formOf({});

export const submitRedeploy = submits(redeployEnvironment, { path: `${PREVIEWS}/:id/redeploy`, body: plain });
export const submitCancellation = submits(cancelEnvironment, { path: `${PREVIEWS}/:id/cancel`, body: plain });
export const submitWake = submits(wakeEnvironment, { path: `${PREVIEWS}/:id/wake`, body: plain });
export const submitApproval = submits(approveEnvironment, {
  path: `${PREVIEWS}/:id/approve`,
  body: () => formOf({ sha: z.string().max(40) }),
});
export const submitExtension = submits(extendEnvironment, {
  path: `${PREVIEWS}/:id/extend`,
  body: () => formOf({ duration: z.string().max(10) }),
});
export const submitPin = submits(pinEnvironment, { path: `${PREVIEWS}/:id/pin`, body: plain });
export const submitUnpin = submits(unpinEnvironment, { path: `${PREVIEWS}/:id/unpin`, body: plain });
export const submitDestruction = submits(destroyEnvironment, {
  path: `${PREVIEWS}/:id/destroy`,
  body: () => formOf({ force: z.literal('true').optional() }),
});

export const previewPages = {
  showOverview,
  watchOverview,
  showPreview,
  watchPreview,
  submitRedeploy,
  submitCancellation,
  submitWake,
  submitApproval,
  submitExtension,
  submitPin,
  submitUnpin,
  submitDestruction,
} as const satisfies Operations;
