import { type FailureCase, packageJson } from './failure-case.js';

const NO_REGISTRY = 'http://127.0.0.1:9/';

const manifest = (name: string, fields: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({ name, version: '1.0.0', ...fields });

const NPM: readonly FailureCase[] = [
  {
    name: 'npm-ci-lock-out-of-step',
    packages: [],
    files: { 'package.json': packageJson({ dependencies: { 'is-odd': '3.0.1' } }) },
    before: [
      'npm install --package-lock-only --ignore-scripts',
      'npm pkg set dependencies.left-pad=1.3.0 dependencies.is-even=1.0.0',
    ],
    command: 'npm ci',
  },
  {
    name: 'npm-ci-without-lock',
    packages: [],
    files: { 'package.json': packageJson({ dependencies: { 'is-odd': '3.0.1' } }) },
    command: 'npm ci',
  },
  {
    name: 'npm-peer-conflict',
    packages: [],
    files: { 'package.json': packageJson({ dependencies: { react: '18.3.1', 'react-dom': '17.0.2' } }) },
    command: 'npm install',
  },
  {
    name: 'npm-unknown-package',
    packages: [],
    files: {
      'package.json': packageJson({ dependencies: { '@vitrine-corpus/there-is-no-such-package': '^1.0.0' } }),
    },
    command: 'npm install',
  },
  {
    name: 'npm-unknown-version',
    packages: [],
    files: { 'package.json': packageJson({ dependencies: { 'left-pad': '^99.0.0' } }) },
    command: 'npm install',
  },
  {
    name: 'npm-install-script',
    packages: [],
    files: {
      'package.json': packageJson({ dependencies: { native: 'file:./native' } }),
      'native/package.json': manifest('native', { scripts: { install: 'node compile.js' } }),
      'native/compile.js': 'throw new Error("Python 3 is needed to compile this package");\n',
    },
    command: 'npm install --install-links',
  },
  {
    name: 'npm-missing-script',
    packages: [],
    files: { 'package.json': packageJson({ scripts: { start: 'node index.js' } }) },
    command: 'npm run build',
  },
  {
    name: 'npm-invalid-manifest',
    packages: [],
    files: { 'package.json': '{\n  "name": "site",\n  "version": "1.0.0",,\n}\n' },
    command: 'npm install',
  },
  {
    name: 'npm-registry-unreachable',
    packages: [],
    files: { 'package.json': packageJson({ dependencies: { 'left-pad': '1.3.0' } }) },
    command: `npm install --fetch-retries=0 --prefer-online --registry=${NO_REGISTRY}`,
    env: { npm_config_cache: 'empty-cache' },
  },
  {
    name: 'npm-engine',
    packages: [],
    files: {
      'package.json': packageJson({ engines: { node: '>=99' } }),
      '.npmrc': 'engine-strict=true\n',
    },
    command: 'npm install',
  },
  {
    name: 'npm-integrity',
    packages: [],
    files: { 'package.json': packageJson({ dependencies: { 'left-pad': '1.3.0' } }) },
    before: [
      'npm install --package-lock-only',
      `sed -i 's|"integrity": "sha512-[^"]*"|"integrity": "sha512-${'A'.repeat(86)}=="|' package-lock.json`,
    ],
    command: 'npm ci',
    env: { npm_config_cache: 'empty-cache' },
  },
  {
    name: 'npm-workspace-build',
    packages: ['typescript@5.9.3'],
    files: {
      'package.json': packageJson({
        workspaces: ['packages/*'],
        scripts: { build: 'npm run build --workspaces' },
      }),
      'packages/web/package.json': manifest('web', { scripts: { build: 'tsc --noEmit index.ts' } }),
      'packages/web/index.ts': 'export const size: number = "huge";\n',
    },
    command: 'npm run build',
  },
  {
    name: 'npm-tool-not-installed',
    packages: [],
    files: { 'package.json': packageJson({ scripts: { build: 'vite build' } }) },
    command: 'npm run build',
  },
];

const PNPM: readonly FailureCase[] = [
  {
    name: 'pnpm-lock-out-of-step',
    manager: 'pnpm@10',
    packages: [],
    files: { 'package.json': packageJson({ dependencies: { 'is-odd': '3.0.1' } }) },
    before: ['pnpm install --lockfile-only', 'npm pkg set dependencies.left-pad=1.3.0'],
    command: 'pnpm install --frozen-lockfile',
  },
  {
    name: 'pnpm-without-lock',
    manager: 'pnpm@10',
    packages: [],
    files: { 'package.json': packageJson({ dependencies: { 'is-odd': '3.0.1' } }) },
    command: 'pnpm install --frozen-lockfile',
  },
  {
    name: 'pnpm-unknown-version',
    manager: 'pnpm@10',
    packages: [],
    files: { 'package.json': packageJson({ dependencies: { 'left-pad': '^99.0.0' } }) },
    command: 'pnpm install --no-frozen-lockfile',
  },
  {
    name: 'pnpm-missing-script',
    manager: 'pnpm@10',
    packages: [],
    files: { 'package.json': packageJson() },
    command: 'pnpm run build',
  },
  {
    name: 'pnpm-workspace-build',
    manager: 'pnpm@10',
    packages: ['typescript@5.9.3'],
    files: {
      'package.json': packageJson(),
      'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
      'packages/web/package.json': manifest('web', { scripts: { build: 'tsc --noEmit index.ts' } }),
      'packages/web/index.ts': 'export const size: number = "huge";\n',
      'packages/docs/package.json': manifest('docs', { scripts: { build: 'echo built' } }),
    },
    command: 'pnpm -r run build',
  },
];

const YARN: readonly FailureCase[] = [
  {
    name: 'yarn-1-lock-out-of-step',
    manager: 'yarn@1',
    packages: [],
    files: { 'package.json': packageJson({ dependencies: { 'is-odd': '3.0.1' } }) },
    before: ['yarn install --ignore-scripts', 'npm pkg set dependencies.left-pad=1.3.0'],
    command: 'yarn install --frozen-lockfile',
  },
  {
    name: 'yarn-1-unknown-package',
    manager: 'yarn@1',
    packages: [],
    files: {
      'package.json': packageJson({ dependencies: { '@vitrine-corpus/there-is-no-such-package': '^1.0.0' } }),
    },
    command: 'yarn install',
  },
  {
    name: 'yarn-1-build',
    manager: 'yarn@1',
    packages: ['typescript@5.9.3'],
    files: {
      'package.json': packageJson({ scripts: { build: 'tsc --noEmit src/index.ts' } }),
      'src/index.ts': 'import { size } from "./sizes";\nexport const big = size * 2;\n',
    },
    command: 'yarn run build',
  },
  {
    name: 'yarn-4-lock-out-of-step',
    manager: '@yarnpkg/cli-dist@4',
    packages: [],
    files: {
      'package.json': packageJson({ dependencies: { 'is-odd': '3.0.1' } }),
      '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\n',
      'yarn.lock': '',
    },
    before: ['yarn install --no-immutable', 'npm pkg set dependencies.left-pad=1.3.0'],
    command: 'yarn install --immutable',
  },
  {
    name: 'yarn-4-unknown-package',
    manager: '@yarnpkg/cli-dist@4',
    packages: [],
    files: {
      'package.json': packageJson({ dependencies: { '@vitrine-corpus/there-is-no-such-package': '^1.0.0' } }),
      '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\n',
      'yarn.lock': '',
    },
    command: 'yarn install --no-immutable',
  },
  {
    name: 'yarn-4-missing-script',
    manager: '@yarnpkg/cli-dist@4',
    packages: [],
    files: {
      'package.json': packageJson(),
      '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\n',
      'yarn.lock': '',
    },
    before: ['yarn install --no-immutable'],
    command: 'yarn run build',
  },
  {
    name: 'yarn-4-install-script',
    manager: '@yarnpkg/cli-dist@4',
    packages: [],
    files: {
      'package.json': packageJson({ scripts: { postinstall: 'node compile.js' } }),
      'compile.js': 'throw new Error("Python 3 is needed to compile this package");\n',
      '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\n',
      'yarn.lock': '',
    },
    command: 'yarn install --no-immutable',
  },
];

export const PACKAGE_MANAGERS: readonly FailureCase[] = [...NPM, ...PNPM, ...YARN];
