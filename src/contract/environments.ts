import { z } from 'zod';
import { ACCESS_MODES } from '../shared/preview-access.js';
import { HEALTH_STATES, REACH_KINDS } from '../shared/reach.js';
import { CONTAINER_STATUS, ENVIRONMENT_STATUS } from '../shared/status/words.js';
import { isDuration } from '../shared/time.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { API, ById, CommitSha, DecisionView, Id, listOf, page, PageQuery } from './shapes.js';

export const ENVIRONMENTS = `${API}/environments` as const;

const HealthView = () =>
  z.object({ state: z.enum(HEALTH_STATES), detail: z.string().nullable(), since: z.string() });

const ProtectionView = () =>
  z
    .object({ access: z.enum(ACCESS_MODES), how: z.string().nullable() })
    .default({ access: 'public', how: null });

const PullRequestView = () =>
  z.object({ number: z.int(), title: z.string(), author: z.string(), branch: z.string(), url: z.string() });

/** When it was made, went live and ends. */
const times = () => ({
  expiresAt: z.string().nullable(),
  pinned: z.boolean().default(false),
  createdAt: z.string(),
  updatedAt: z.string(),
  deployedAt: z.string().nullable(),
  destroyedAt: z.string().nullable(),
});

export const EnvironmentView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    name: z.string(),
    namespace: z.string(),
    project: z.string(),
    projectId: z.string().default(''),
    repository: z.string(),
    repositoryId: z.int().default(0),
    status: z.enum(ENVIRONMENT_STATUS),
    generation: z.int(),
    url: z.string(),
    live: z.boolean(),
    /** How visitors reach it; null while nothing is live. */
    kind: z.enum(REACH_KINDS).nullable().default(null),
    /** Services that have an address of their own besides; none while nothing is live. */
    addresses: z.array(z.object({ service: z.string(), url: z.string() })).default([]),
    /** What the server last found there; null when it has not looked. */
    health: HealthView().nullable().default(null),
    /** Who may open it, and how, in a sentence; no sentence for a public one. */
    protection: ProtectionView(),
    /** A variable or secret that applies was changed after what is live was built. */
    configurationChanged: z.boolean().default(false),
    commit: z.string().nullable(),
    currentCommit: z.string().nullable(),
    /** Of the newest commit. */
    latestDeployment: z.string().nullable().default(null),
    /** The one that is live. */
    currentDeployment: z.string().nullable().default(null),
    pullRequest: PullRequestView().nullable(),
    decision: DecisionView().nullable(),
    error: z.string().nullable(),
    /** Why its hook `destroyed` failed; null when it did not. */
    hookFailure: z.string().nullable().default(null),
    ...times(),
  }),
);
export type EnvironmentView = ValueOf<typeof EnvironmentView>;

const DURATION = 'must be a time such as 90m, 12h or 2d, between one minute and 365 days';

const Duration = () =>
  z
    .string()
    .regex(/^[0-9]{1,6}[mhd]$/, DURATION)
    .refine(isDuration, DURATION);

const Namespace = () =>
  z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/, 'must be a namespace: up to 63 lower-case letters, digits and dashes');

export const listEnvironments = {
  method: 'GET',
  path: ENVIRONMENTS,
  permission: 'environment.list',
  summary: 'Lists environments',
  query: () =>
    z.strictObject({
      repository: z
        .string()
        .regex(/^[\w.-]+\/[\w.-]+$/, 'must be owner/name')
        .max(200)
        .optional(),
      pull_request: z
        .string()
        .regex(/^[1-9]\d{0,9}$/, 'must be the number of a pull request')
        .transform(Number)
        .pipe(z.int())
        .optional(),
      active_only: z.enum(['true', 'false']).optional(),
      status: z.enum(ENVIRONMENT_STATUS).optional(),
      project: Id().optional(),
      ...page(),
    }),
  answers: { 200: () => listOf(EnvironmentView) },
  description: '`pull_request` needs `repository`, because each repository counts its own.',
} as const satisfies Operation;

export const getEnvironment = {
  method: 'GET',
  path: `${ENVIRONMENTS}/:id`,
  permission: 'environment.read',
  resource: { environmentId: 'id' },
  summary: 'One environment',
  params: ById,
  answers: { 200: EnvironmentView },
  errors: ['not_found'],
} as const satisfies Operation;

export const getEnvironmentByNamespace = {
  method: 'GET',
  path: `${ENVIRONMENTS}/namespace/:namespace`,
  permission: 'environment.read',
  resource: { namespace: 'namespace' },
  summary: 'One environment, by its namespace',
  params: () => z.strictObject({ namespace: Namespace() }),
  answers: { 200: EnvironmentView },
  errors: ['not_found'],
} as const satisfies Operation;

export const destroyEnvironment = {
  method: 'POST',
  path: `${ENVIRONMENTS}/:id/destroy`,
  permission: 'environment.destroy',
  resource: { environmentId: 'id' },
  summary: 'Removes the preview',
  description: 'The answer comes at once. The environment is `destroyed` when nothing of it is left.',
  params: ById,
  query: () =>
    z.strictObject({
      /** Nothing is left of what only a workflow run could remove: do not wait for one. */
      force: z.enum(['true', 'false']).optional(),
    }),
  answers: { 202: EnvironmentView },
  errors: ['not_found'],
} as const satisfies Operation;

export const approveEnvironment = {
  method: 'POST',
  path: `${ENVIRONMENTS}/:id/approve`,
  permission: 'environment.approve',
  resource: { environmentId: 'id' },
  summary: 'Approves one commit of a pull request, as the label `preview:approved` does',
  description:
    'GitHub is asked for the newest commit first. When that is another one, the answer is 409 `stale_head` and names it. The next push needs a new approval.',
  params: ById,
  body: () => z.strictObject({ sha: CommitSha() }),
  answers: { 200: EnvironmentView },
  errors: ['not_found', 'conflict', 'stale_head', 'environment_gone'],
} as const satisfies Operation;

export const extendEnvironment = {
  method: 'POST',
  path: `${ENVIRONMENTS}/:id/extend`,
  permission: 'environment.extend',
  resource: { environmentId: 'id' },
  summary: 'Lets a preview live longer',
  description:
    'The duration counts from the present end. The new end is at most `limits.ttl` of the default branch from now.',
  params: ById,
  body: () => z.strictObject({ duration: Duration() }),
  answers: { 200: EnvironmentView },
  errors: ['not_found', 'conflict', 'environment_gone', 'unprocessable'],
} as const satisfies Operation;

export const pinEnvironment = {
  method: 'POST',
  path: `${ENVIRONMENTS}/:id/pin`,
  permission: 'environment.pin',
  resource: { environmentId: 'id' },
  summary: 'Keeps a preview until it is unpinned, or its pull request ends',
  description:
    'It does not expire and does not give way to another one. Half of `limits.environments` may be pinned in a project.',
  params: ById,
  answers: { 200: EnvironmentView },
  errors: ['not_found', 'environment_gone', 'unprocessable'],
} as const satisfies Operation;

export const unpinEnvironment = {
  method: 'POST',
  path: `${ENVIRONMENTS}/:id/unpin`,
  permission: 'environment.pin',
  resource: { environmentId: 'id' },
  summary: 'Lets a pinned preview expire again, `limits.ttl` from now',
  params: ById,
  answers: { 200: EnvironmentView },
  errors: ['not_found', 'environment_gone'],
} as const satisfies Operation;

export const redeployEnvironment = {
  method: 'POST',
  path: `${ENVIRONMENTS}/:id/redeploy`,
  permission: 'environment.redeploy',
  resource: { environmentId: 'id' },
  summary: 'Runs the workflow of the newest commit again',
  description:
    'The App needs the permission `actions: write`. Without it, or while the run is still going, the answer is 409 with a link to the run.',
  params: ById,
  answers: {
    202: () =>
      z.object({ environment: EnvironmentView(), run: z.object({ id: z.string(), url: z.string() }) }),
  },
  errors: ['not_found', 'conflict', 'stale_head', 'environment_gone', 'bad_gateway'],
} as const satisfies Operation;

export const cancelEnvironment = {
  method: 'POST',
  path: `${ENVIRONMENTS}/:id/cancel`,
  permission: 'environment.cancel',
  resource: { environmentId: 'id' },
  summary: 'Cancels the workflow run that builds the newest commit',
  description:
    'The App needs the permission `actions: write`. Without it, or when nothing is being built, the answer is 409. What is live stays.',
  params: ById,
  answers: {
    202: () =>
      z.object({ environment: EnvironmentView(), run: z.object({ id: z.string(), url: z.string() }) }),
  },
  errors: ['not_found', 'conflict', 'environment_gone', 'bad_gateway'],
} as const satisfies Operation;

export const wakeEnvironment = {
  method: 'POST',
  path: `${ENVIRONMENTS}/:id/wake`,
  permission: 'environment.wake',
  resource: { environmentId: 'id' },
  summary: 'Starts the program of a preview that sleeps, or that does not answer',
  description: 'The answer comes when visitors can come, or with the reason why the program does not start.',
  params: ById,
  answers: { 200: EnvironmentView },
  errors: ['not_found', 'environment_gone', 'unprocessable', 'unavailable'],
} as const satisfies Operation;

const ContainerView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    deploymentId: Id(),
    target: z.string(),
    /** What the engine calls it. */
    engineId: z.string(),
    /** The service of a compose file; `app` where there is one only. */
    service: z.string(),
    image: z.string(),
    /** Where the server reaches it; null for one that visitors do not reach. */
    host: z.string().nullable(),
    port: z.int().nullable(),
    status: z.enum(CONTAINER_STATUS),
    startedAt: z.string(),
    stoppedAt: z.string().nullable(),
  }),
);
export type ContainerView = ValueOf<typeof ContainerView>;

export const listContainers = {
  method: 'GET',
  path: `${ENVIRONMENTS}/:id/containers`,
  permission: 'environment.read',
  resource: { environmentId: 'id' },
  summary: 'What runs for an environment, newest first: containers, or processes where there are none',
  params: ById,
  query: PageQuery,
  answers: { 200: () => listOf(ContainerView) },
  errors: ['not_found'],
} as const satisfies Operation;

/** For the server and the description. Clients import single operations, so that a bundle holds only those. */
export const environments = {
  listEnvironments,
  getEnvironment,
  getEnvironmentByNamespace,
  destroyEnvironment,
  approveEnvironment,
  extendEnvironment,
  pinEnvironment,
  unpinEnvironment,
  redeployEnvironment,
  cancelEnvironment,
  wakeEnvironment,
  listContainers,
} as const satisfies Operations;
