import { z } from 'zod';
import { BATCH_LIMITS, LOG_LEVELS, LOG_SOURCES, LOG_TYPES } from '../shared/log-lines.js';
import { DEPLOYMENTS, DeploymentView } from './deployments.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { API, ById, Id, listOf, PageQuery } from './shapes.js';

const SentLine = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    at: z.iso.datetime(),
    stage: z.string().max(40),
    level: z.enum(LOG_LEVELS),
    /** That of its stage unless given. */
    type: z.enum(LOG_TYPES).optional(),
    text: z.string().max(BATCH_LIMITS.lineCharacters),
  }),
);

const AppendLogsBody = /* @__PURE__ */ lazily(() =>
  z.strictObject({ seq: z.int().min(0), lines: z.array(SentLine()).min(1).max(BATCH_LIMITS.lines) }),
);
export type AppendLogsBody = ValueOf<typeof AppendLogsBody>;

const AppendAnswer = /* @__PURE__ */ lazily(() =>
  z.object({
    stored: z.literal(true),
    /** The log had the batch already. */
    repeated: z.boolean().optional(),
    /** The number of the last line of the log. */
    lines: z.int().optional(),
  }),
);

export const LogLineView = /* @__PURE__ */ lazily(() =>
  z.object({
    number: z.int(),
    at: z.string(),
    type: z.enum(LOG_TYPES),
    stage: z.string(),
    level: z.enum(LOG_LEVELS),
    text: z.string(),
    /** Who printed it: in runtime logs only. */
    source: z.enum(LOG_SOURCES).optional(),
    omitted: z.int().optional(),
  }),
);
export type LogLineView = ValueOf<typeof LogLineView>;

export const FoundLineView = /* @__PURE__ */ lazily(() =>
  z.object({ line: LogLineView(), before: z.array(LogLineView()), after: z.array(LogLineView()) }),
);

const LIMIT = 'must be a whole number from 1 to 1000';
const LINE = 'must be a line number';

const lineNumber = () =>
  z
    .string()
    .regex(/^\d{1,12}$/, LINE)
    .transform(Number);

/** Words are taken as they are written: no text is a pattern. */
const SearchText = () => z.string().min(2).max(200);

const LogQuery = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    cursor: lineNumber().optional(),
    /** The first line to read, instead of a cursor. */
    from: lineNumber().optional(),
    limit: z
      .string()
      .regex(/^[1-9]\d{0,3}$/, LIMIT)
      .transform(Number)
      .pipe(z.int().min(1, LIMIT).max(1_000, LIMIT))
      .default(500),
    type: z.enum(LOG_TYPES).optional(),
    level: z.enum(LOG_LEVELS).optional(),
    /** For text: whether each line begins with its time. */
    timestamps: z.enum(['true', 'false']).default('false'),
  }),
);

const SearchQuery = /* @__PURE__ */ lazily(() =>
  LogQuery().omit({ from: true, timestamps: true }).extend({ q: SearchText() }),
);

const TextQuery = /* @__PURE__ */ lazily(() =>
  LogQuery().pick({ type: true, level: true, timestamps: true }),
);

const LogPage = /* @__PURE__ */ lazily(() =>
  listOf(LogLineView).extend({
    /** The number of the last line of the log. */
    lines: z.int(),
    /** No more lines are expected. */
    over: z.boolean(),
  }),
);

/** What can be done with each of the two logs of a deployment. */
const ofDeployment = {
  method: 'GET',
  permission: 'deployment.read',
  resource: { deploymentId: 'id' },
  params: ById,
} as const;

interface Named {
  readonly path: `${typeof DEPLOYMENTS}/:id/${string}`;
  readonly summary: string;
}

const reading = (named: Named) =>
  ({
    ...ofDeployment,
    ...named,
    query: LogQuery,
    answers: { 200: LogPage },
    media: ['text/event-stream', 'text/plain'],
    errors: ['not_found', 'too_many_requests'],
  }) as const satisfies Operation;

const downloading = (named: Named) =>
  ({
    ...ofDeployment,
    ...named,
    query: TextQuery,
    answers: { 200: 'text' },
    errors: ['not_found'],
  }) as const satisfies Operation;

const searching = (named: Named) =>
  ({
    ...ofDeployment,
    ...named,
    query: SearchQuery,
    answers: { 200: () => listOf(FoundLineView) },
    errors: ['not_found'],
  }) as const satisfies Operation;

export const appendLogs = {
  method: 'POST',
  path: `${DEPLOYMENTS}/:id/logs`,
  permission: 'deployment.report',
  resource: { deploymentId: 'id' },
  summary: 'Appends a batch of log lines. `seq` grows from batch to batch, and makes a repeated one harmless',
  params: ById,
  body: AppendLogsBody,
  answers: { 202: AppendAnswer },
} as const satisfies Operation;

export const readLogs = /* @__PURE__ */ reading({
  path: `${DEPLOYMENTS}/:id/logs`,
  summary: 'Log lines in order; a stream of them with `Accept: text/event-stream`, a file with `text/plain`',
});

export const downloadLogs = /* @__PURE__ */ downloading({
  path: `${DEPLOYMENTS}/:id/logs.txt`,
  summary: 'The whole log as a text file, without colours',
});

export const searchLogs = /* @__PURE__ */ searching({
  path: `${DEPLOYMENTS}/:id/logs/search`,
  summary: 'Log lines that have a text, with the lines around them',
});

export const readRuntimeLogs = /* @__PURE__ */ reading({
  path: `${DEPLOYMENTS}/:id/runtime-logs`,
  summary: 'What the preview prints while it runs, in the same forms as the other log',
});

export const downloadRuntimeLogs = /* @__PURE__ */ downloading({
  path: `${DEPLOYMENTS}/:id/runtime-logs.txt`,
  summary: 'The whole runtime log as a text file, without colours',
});

export const searchRuntimeLogs = /* @__PURE__ */ searching({
  path: `${DEPLOYMENTS}/:id/runtime-logs/search`,
  summary: 'Lines of the runtime log that have a text, with the lines around them',
});

export const searchProject = {
  method: 'GET',
  path: `${API}/projects/:id/search`,
  permission: 'log.search',
  resource: { projectId: 'id' },
  summary: 'The newest deployments of a project whose commit message or log has a text',
  params: ById,
  query: () => z.strictObject({ q: SearchText() }),
  answers: {
    200: () =>
      z.object({
        items: z.array(
          z.object({
            deployment: DeploymentView(),
            /** The commit message has the text. */
            inMessage: z.boolean(),
            /** The first lines that have it. */
            lines: z.array(FoundLineView()),
          }),
        ),
      }),
  },
  errors: ['not_found'],
} as const satisfies Operation;

export const HealthCheckView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    deploymentId: Id(),
    environmentId: Id(),
    url: z.string(),
    httpStatus: z.int().nullable(),
    latencyMs: z.number().nullable(),
    live: z.boolean(),
    detail: z.string().nullable(),
    checkedAt: z.string(),
  }),
);

export const listHealthChecks = {
  ...ofDeployment,
  path: `${DEPLOYMENTS}/:id/health-checks`,
  summary: 'What was found when the preview was looked at, newest first',
  query: PageQuery,
  answers: { 200: () => listOf(HealthCheckView) },
  errors: ['not_found'],
} as const satisfies Operation;

export const logs = {
  appendLogs,
  readLogs,
  downloadLogs,
  searchLogs,
  readRuntimeLogs,
  downloadRuntimeLogs,
  searchRuntimeLogs,
  searchProject,
  listHealthChecks,
} as const satisfies Operations;
