import { z } from 'zod';
import { STAGE_NAMES } from '../shared/status/stages.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../shared/status/words.js';
import { DEPLOYMENTS, DeploymentView } from './deployments.js';
import { ENVIRONMENTS } from './environments.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { API, ById, Id, listOf, page, PageQuery, RepositoryId, RepositoryName } from './shapes.js';

const CREATORS = ['webhook', 'manual', 'scheduled'] as const;

export const listDeployments = {
  method: 'GET',
  path: DEPLOYMENTS,
  permission: 'deployment.list',
  summary:
    'Lists deployments, newest first. Give at most one of project, repository, repository_id and environment, and one of branch, author, creator and commit; branch, author and creator need a project or a repository',
  query: () =>
    z.strictObject({
      project: Id().optional(),
      repository: RepositoryName().optional(),
      repository_id: RepositoryId().optional(),
      environment: Id().optional(),
      status: z.enum(DEPLOYMENT_STATUS).optional(),
      branch: z.string().min(1).max(255).optional(),
      author: z.string().min(1).max(100).optional(),
      creator: z.enum(CREATORS).optional(),
      commit: z
        .string()
        .regex(/^[0-9a-f]{40}$/, 'must be a full commit SHA: 40 lower-case hex digits')
        .optional(),
      ...page(),
    }),
  answers: { 200: () => listOf(DeploymentView) },
} as const satisfies Operation;

export const deleteDeployment = {
  method: 'DELETE',
  path: `${DEPLOYMENTS}/:id`,
  permission: 'deployment.delete',
  resource: { deploymentId: 'id' },
  summary: 'Takes an ended deployment that is not live out of the lists. It still counts in the statistics',
  params: ById,
  answers: { 200: DeploymentView },
  errors: ['not_found', 'conflict'],
} as const satisfies Operation;

export const LatestView = /* @__PURE__ */ lazily(() =>
  z.object({
    environment: z.object({
      id: Id(),
      name: z.string(),
      namespace: z.string(),
      status: z.enum(ENVIRONMENT_STATUS),
      url: z.string(),
    }),
    /** The newest deployment of the environment; null when it has none. */
    latest: DeploymentView().nullable(),
    /** The deployment that its URL shows now; null when none is live. */
    live: DeploymentView().nullable(),
  }),
);

export const listLatestDeployments = {
  method: 'GET',
  path: `${API}/projects/:id/deployments/latest`,
  permission: 'project.statistics',
  resource: { projectId: 'id' },
  summary: 'The newest and the live deployment of each environment of a project, newest environment first',
  params: ById,
  query: PageQuery,
  answers: { 200: () => listOf(LatestView) },
  errors: ['not_found'],
} as const satisfies Operation;

export const StepView = /* @__PURE__ */ lazily(() =>
  z.object({
    at: z.string(),
    action: z.string(),
    rule: z.string(),
    detail: z.string(),
    actor: z.string(),
    source: z.enum(['webhook', 'run', 'api', 'server']),
    /** The webhook that led to it. */
    deliveryId: z.string().nullable(),
    /** The workflow run that led to it. */
    runId: z.string().nullable(),
    /** What the environment was after it; null for what changed nothing of it. */
    status: z.enum(ENVIRONMENT_STATUS).nullable(),
    generation: z.int().nullable(),
    commit: z.string().nullable(),
  }),
);
export type StepView = ValueOf<typeof StepView>;

export const listDecisions = {
  method: 'GET',
  path: `${ENVIRONMENTS}/:id/decisions`,
  permission: 'environment.read',
  resource: { environmentId: 'id' },
  summary:
    'Why the environment is what it is: the newest decisions, runs and actions that led to it, newest first',
  params: ById,
  answers: { 200: () => listOf(StepView) },
  errors: ['not_found'],
} as const satisfies Operation;

/** How many deployments ended in each status; statuses that none ended in are left out. */
const Counts = () => z.record(z.string(), z.int());

const Room = () => z.object({ bytes: z.int(), count: z.int() });

export const StorageView = /* @__PURE__ */ lazily(() =>
  z.object({
    bytes: z.int(),
    files: z.int(),
    measuredAt: z.string(),
    /** Uploaded files, images of the registry, and screenshots; null where an older version measured. */
    kinds: z.object({ uploads: Room(), images: Room(), pictures: Room() }).nullable(),
    /** What the database takes for logs; null for a project, and where an older version measured. */
    logBytes: z.int().nullable(),
  }),
);
export type StorageView = ValueOf<typeof StorageView>;

export const StatisticsView = /* @__PURE__ */ lazily(() =>
  z.object({
    /** Days in UTC, both included. */
    from: z.string(),
    to: z.string(),
    counts: Counts(),
    /** Successful deployments of all that succeeded or failed; null when there was none. */
    successRate: z.number().nullable(),
    /** From the start of the run to its success, accurate to 5 %. */
    medianSeconds: z.number().nullable(),
    p95Seconds: z.number().nullable(),
    /** Previews that show or await a deployment now. */
    previewsAlive: z.int(),
    /** Of successful deployments, the slowest first: how long each stage took, and how many had it. */
    stages: z.array(
      z.object({
        name: z.enum(STAGE_NAMES),
        count: z.int(),
        medianSeconds: z.number(),
        p95Seconds: z.number(),
      }),
    ),
    /** What the files take, each counted once, when it was last measured in these days; null when it was not. */
    storage: StorageView().nullable(),
    /** Days on which nothing ended and nothing was measured are left out. */
    byDay: z.array(
      z.object({
        day: z.string(),
        counts: Counts(),
        medianSeconds: z.number().nullable(),
        p95Seconds: z.number().nullable(),
        /** When it was last measured on this day; null when it was not. */
        previewsAlive: z.int().nullable(),
        storageBytes: z.int().nullable(),
      }),
    ),
  }),
);
export type StatisticsView = ValueOf<typeof StatisticsView>;

export const ServerStatisticsView = /* @__PURE__ */ lazily(() =>
  StatisticsView().extend({
    /** The projects whose uploaded files take most room, the largest first. */
    largestProjects: z.array(z.object({ projectId: Id(), project: z.string(), bytes: z.int() })),
  }),
);
export type ServerStatisticsView = ValueOf<typeof ServerStatisticsView>;

const MOST_DAYS = 365;
const DAYS = `must be a whole number from 1 to ${MOST_DAYS}`;

const SpanQuery = () =>
  z.strictObject({
    days: z
      .string()
      .regex(/^[1-9]\d{0,2}$/, DAYS)
      .transform(Number)
      .pipe(z.int().max(MOST_DAYS, DAYS))
      .default(30),
  });

export const projectStatistics = {
  method: 'GET',
  path: `${API}/projects/:id/statistics`,
  permission: 'project.statistics',
  resource: { projectId: 'id' },
  summary: 'Success rate, build times, stages, storage and deployments by day of a project',
  params: ById,
  query: SpanQuery,
  answers: { 200: StatisticsView },
  errors: ['not_found'],
} as const satisfies Operation;

export const serverStatistics = {
  method: 'GET',
  path: `${API}/statistics`,
  permission: 'server.statistics',
  summary: 'The same for the whole server, and which projects take most room',
  query: SpanQuery,
  answers: { 200: ServerStatisticsView },
} as const satisfies Operation;

export const history = {
  listDeployments,
  deleteDeployment,
  listLatestDeployments,
  listDecisions,
  projectStatistics,
  serverStatistics,
} as const satisfies Operations;
