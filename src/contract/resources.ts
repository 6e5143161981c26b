import { z } from 'zod';
import { healthRules } from '../shared/health-schemas.js';
import { DEPLOYMENTS, RunRefBody } from './deployments.js';
import { EnvironmentView } from './environments.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { API, ById, Id, PullRequestNumber, UrlPath, WebUrl } from './shapes.js';

const RESOURCE = `${DEPLOYMENTS}/:id/resource` as const;

/** The target's own JSON for finding what it made. */
const Handle = () => z.unknown();

export const announceResource = {
  method: 'POST',
  path: RESOURCE,
  permission: 'deployment.report',
  resource: { deploymentId: 'id' },
  summary:
    'A workflow run is about to deploy. The answer says what an earlier deployment of this preview made',
  params: ById,
  answers: { 200: () => z.object({ previous: Handle() }) },
  errors: ['conflict', 'stale_head', 'environment_gone', 'unprocessable', 'unavailable'],
} as const satisfies Operation;

const RecordResourceBody = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    /** Null when the deployment failed before it had one. */
    url: WebUrl().nullable(),
    healthPath: UrlPath(),
    ...healthRules(),
    handle: Handle(),
  }),
);

export const recordResource = {
  method: 'PUT',
  path: RESOURCE,
  permission: 'deployment.report',
  resource: { deploymentId: 'id' },
  summary: 'A workflow run has deployed: what it made, and how it is found again',
  params: ById,
  body: RecordResourceBody,
  maxBytes: 64 * 1024,
  answers: { 200: () => z.object({ recorded: z.literal(true) }) },
  errors: ['conflict', 'stale_head', 'environment_gone', 'unprocessable'],
} as const satisfies Operation;

export const withdrawResource = {
  method: 'DELETE',
  path: RESOURCE,
  permission: 'deployment.report',
  resource: { deploymentId: 'id' },
  summary: 'A workflow run could not deploy, and made nothing',
  params: ById,
  answers: { 200: () => z.object({ withdrawn: z.literal(true) }) },
} as const satisfies Operation;

const REMOVALS = `${API}/removals` as const;

const StartRemovalsBody = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    pullRequest: PullRequestNumber(),
    run: RunRefBody(),
    project: z.string().min(1).max(100).optional(),
    /** The end of the pull request started the run. */
    closed: z.boolean().default(false),
  }),
);

const RemovalView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    project: z.string(),
    environment: EnvironmentView(),
    url: z.string().nullable(),
    generation: z.int(),
    /** Null when the run that deployed died before it said what it made. */
    handle: Handle(),
    /** For the destroy command. */
    variables: z.record(z.string(), z.string()).default({}),
    secrets: z.record(z.string(), z.string()).default({}),
  }),
);
export type RemovalView = ValueOf<typeof RemovalView>;

export const startRemovals = {
  method: 'POST',
  path: REMOVALS,
  permission: 'resource.remove',
  summary: 'A workflow run asks what only a workflow run can remove, and begins to',
  body: StartRemovalsBody,
  answers: {
    200: () =>
      z.object({
        removals: z.array(RemovalView()),
        /** So many are removed by another run. */
        busy: z.int(),
        /** The pull request still has a preview. */
        live: z.boolean(),
      }),
  },
  errors: ['forbidden', 'not_found'],
} as const satisfies Operation;

const FinishRemovalBody = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    pullRequest: PullRequestNumber(),
    run: RunRefBody(),
    /** Why it is still there; null when it is gone. */
    error: z.string().max(4_000).nullable(),
    logsUrl: WebUrl().optional(),
  }),
);

export const finishRemoval = {
  method: 'POST',
  path: `${REMOVALS}/:id`,
  permission: 'resource.remove',
  summary: 'A workflow run has removed what a deployment made, or could not',
  params: ById,
  body: FinishRemovalBody,
  answers: { 200: () => z.object({ environment: EnvironmentView() }) },
  errors: ['forbidden', 'not_found', 'conflict'],
} as const satisfies Operation;

export const resources = {
  announceResource,
  recordResource,
  withdrawResource,
  startRemovals,
  finishRemoval,
} as const satisfies Operations;
