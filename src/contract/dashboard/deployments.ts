/** The page of one deployment, with its logs. */
import { z } from 'zod';
import type { Operation, Operations } from '../operation.js';
import { ById } from '../shapes.js';
import { From, LIVE, watched } from './previews.js';

export const DEPLOYMENT_PAGES = '/deployments' as const;

/** What a browser without scripts asks for; with scripts the page loads its log itself. */
const LogQuery = () =>
  z.object({
    log: z.string().max(20).optional(),
    /** A line that must be among those shown. */
    line: z.string().max(12).optional(),
    /** A text to search the log for. */
    q: z.string().max(200).optional(),
  });

const ofDeployment = {
  method: 'GET',
  permission: 'deployment.read',
  resource: { deploymentId: 'id' },
  params: ById,
  errors: ['not_found'],
} as const;

const showDeployment = {
  ...ofDeployment,
  path: `${DEPLOYMENT_PAGES}/:id`,
  summary: 'The page of one deployment',
  query: LogQuery,
  answers: { 200: 'page' },
} as const satisfies Operation;

const watchDeployment = {
  ...ofDeployment,
  path: `${LIVE}${DEPLOYMENT_PAGES}/:id`,
  summary: 'Says when a deployment, or what its preview shows, changes',
  query: () => z.object({ from: From() }),
  ...watched,
} as const satisfies Operation;

const findCause = {
  ...ofDeployment,
  path: `${DEPLOYMENT_PAGES}/:id/cause`,
  summary: 'Leads to the line of the log that says why a deployment failed',
  answers: { 303: 'redirect' },
} as const satisfies Operation;

const listFiles = {
  ...ofDeployment,
  path: `${DEPLOYMENT_PAGES}/:id/files.txt`,
  summary: 'The files of what was uploaded, with their sizes in bytes, as text',
  answers: { 200: 'text' },
} as const satisfies Operation;

export const deploymentPages = {
  showDeployment,
  watchDeployment,
  findCause,
  listFiles,
} as const satisfies Operations;
