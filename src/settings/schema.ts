import { z } from 'zod';
import { HEALTH_STATUS } from '../shared/health.js';
import { healthStatusText, healthTimeoutText } from '../shared/health-schemas.js';
import { ACCESS_MODES } from '../shared/preview-access.js';
import * as field from './fields.js';
import { services } from './services.js';
import { SKIP_WORDS } from './skip-words.js';

const flag = (value: boolean) => z.boolean().default(value);
const list = (schema: typeof field.patterns) => schema.default([]);

const triggers = z.strictObject({
  /** `auto`: every pull request. `label`: pull requests with a label. `manual`: when a person starts it. */
  mode: z.enum(['auto', 'label', 'manual']).default('auto'),
  drafts: flag(false),
  /** Pull requests of bots get previews, but their commits wait for approval: GitHub does not say what a bot may do. */
  bots: flag(true),
  forks: z.enum(['deny', 'approve']).default('deny'),
  labels: z
    .strictObject({ include: field.labels.default([]), exclude: field.labels.default([]) })
    .prefault({}),
  branches: z.strictObject({ base: list(field.patterns), head: list(field.patterns) }).prefault({}),
  paths: z.strictObject({ include: list(field.patterns), ignore: list(field.patterns) }).prefault({}),
  skipWords: field.labels.default(SKIP_WORDS),
});

/** What happens to a pull request that needs a preview when the project, or its author, has as many as there may be. */
export const WHEN_FULL = ['reject', 'queue', 'evict-idle'] as const;

/** What one project may use. A pull request may lower its own limits. */
const limits = z.strictObject({
  environments: z.int().min(1).max(100).default(20),
  /** Of one author of pull requests. */
  environmentsPerUser: z.int().min(1).max(100).default(100),
  /** Deployments that workflow runs have under way at the same time. */
  running: z.int().min(1).max(100).default(20),
  runningPerUser: z.int().min(1).max(100).default(100),
  /** `reject`: it gets none. `queue`: it gets the next free place. `evict-idle`: it takes the place of one that sleeps, or was longest without a push or a visitor. */
  whenFull: z.enum(WHEN_FULL).default('reject'),
  /** Counted from the last activity. */
  ttl: field.duration.default('7d'),
  /** Without a visitor for so long, a program is stopped until the next one comes. */
  sleepAfter: field.durationOrNever.default('30m'),
  deploysPerHour: z.int().min(1).max(300).default(30),
  uploadSize: field.byteSize({ min: '1m', max: '1g' }).prefault('1g'),
  fileSize: field.byteSize({ min: '1m', max: '1g' }).prefault('100m'),
  files: z.int().min(1).max(50_000).default(50_000),
});

const resources = z.strictObject({
  memory: field.byteSize({ min: '16m', max: '8g' }).prefault('512m'),
  cpu: z.number().min(0.1).max(8).default(0.5),
});

const report = z.strictObject({
  comment: flag(true),
  check: flag(true),
  deployment: flag(true),
  commitStatus: flag(false),
  githubEnvironment: z.enum(['preview', 'per-pull-request']).default('preview'),
});

/** The name of the target and its options, which the target checks. Null means the default target of the server. */
const target = z.union(
  [
    z
      .string()
      .min(1)
      .max(40)
      .transform((name) => ({ name, options: {} as Record<string, unknown> })),
    z.strictObject({
      name: z.string().min(1).max(40),
      options: z.record(z.string(), z.unknown()).default({}),
    }),
  ],
  { error: 'must be the name of a target, or its name and options' },
);

/** Commands at the moments of an environment, for targets that start programs: docs/hooks.md. */
const hooks = z.strictObject({
  /** Once, before the first program of the environment starts. */
  created: field.command.nullable().default(null),
  /** For every deployment, before its program starts. */
  deployed: field.command.nullable().default(null),
  /** When the environment ends. */
  destroyed: field.command.nullable().default(null),
});

/** Read from the default branch only, so that the author of a pull request cannot change them. */
export const POLICY = {
  triggers: triggers.prefault({}),
  limits: limits.prefault({}),
  access: z.enum(ACCESS_MODES).default('public'),
  /** Names of secrets that must exist before a build starts. */
  secrets: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable'))
    .max(200)
    .default([]),
  resources: resources.prefault({}),
  report: report.prefault({}),
  target: target.nullable().default(null),
};

/** How to build, read from the commit that is built. With null the Action finds out by itself. */
export const BUILD = {
  install: field.command.nullable(),
  build: field.command.nullable(),
  output: field.relativePath.nullable(),
  start: field.command.nullable(),
  port: field.port.nullable(),
  hooks,
  workingDirectory: field.relativePath,
  healthPath: field.urlPath,
  /** So long an answer may take. */
  healthTimeout: healthTimeoutText(),
  /** The statuses of a good answer. */
  healthStatus: healthStatusText(),
  /** Unknown paths answer with `index.html`. */
  spa: z.boolean(),
  /** Plain values for the build. Secrets do not belong in the file. */
  env: field.variables,
  image: field.image.nullable(),
  dockerfile: field.relativePath.nullable(),
  /** Databases that are started beside the program, by their names. */
  services,
};

export const BUILD_DEFAULTS: BuildSettings = {
  install: null,
  build: null,
  output: null,
  start: null,
  port: null,
  hooks: { created: null, deployed: null, destroyed: null },
  workingDirectory: '.',
  healthPath: '/',
  healthTimeout: '10s',
  healthStatus: HEALTH_STATUS,
  spa: false,
  env: {},
  image: null,
  dockerfile: null,
  services: [],
};

/** Where a project is in its repository. */
export const PLACE = {
  root: field.relativePath.optional(),
  /** Only changes of these files concern the project; an empty list means all. */
  paths: field.patterns.optional(),
};

const buildKeys = z.strictObject(BUILD).partial();
const project = z.strictObject({
  name: field.projectName,
  ...PLACE,
  ...buildKeys.shape,
});

export const PROJECTS = z
  .array(project)
  .max(50)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'has two projects of one name')
  .default([]);

export type PolicySettings = { [Key in keyof typeof POLICY]: z.output<(typeof POLICY)[Key]> };
export type BuildSettings = { [Key in keyof typeof BUILD]: z.output<(typeof BUILD)[Key]> };
export type ProjectEntry = z.output<typeof project>;
