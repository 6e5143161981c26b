import { type FailureCase, packageJson } from './failure-case.js';

const PAGE = '<!doctype html>\n<div id="app"></div>\n<script type="module" src="/src/main.ts"></script>\n';
const BROKEN = 'const frame = {\n  width: 3\n  height: 4,\n};\nconsole.log(frame);\n';
const WRONG_TYPE =
  'interface Frame {\n  width: number;\n}\n\nexport const frame: Frame = { width: "huge" };\n';

const typescript = (name: string, command: string): FailureCase => ({
  name,
  packages: ['typescript@5.9.3'],
  files: {
    'package.json': packageJson({ scripts: { build: command } }),
    'tsconfig.json': '{ "compilerOptions": { "strict": true, "outDir": "dist" }, "include": ["src"] }\n',
    'src/frame.ts': WRONG_TYPE,
    'src/main.ts': 'import { frame } from "./frame";\nimport { hang } from "./hooks";\n\nhang(frame);\n',
  },
  command: 'npm run build',
});

const TSC: readonly FailureCase[] = [
  typescript('tsc-types', 'tsc'),
  typescript('tsc-types-pretty', 'tsc --pretty'),
  {
    name: 'tsc-config',
    packages: ['typescript@5.9.3'],
    files: {
      'package.json': packageJson({ scripts: { build: 'tsc -p tsconfig.build.json' } }),
    },
    command: 'npm run build',
  },
];

const vite = (
  name: string,
  version: string,
  files: Readonly<Record<string, string>>,
  command = 'vite build',
): FailureCase => ({
  name,
  packages: [`vite@${version}`],
  files: {
    'package.json': packageJson({ type: 'module', scripts: { build: command } }),
    'index.html': PAGE,
    'src/main.ts': 'console.log("hello");\n',
    ...files,
  },
  command: 'npm run build',
});

const UNRESOLVED = { 'src/main.ts': 'import { mount } from "@gallery/frames";\n\nmount();\n' };

const VITE: readonly FailureCase[] = [
  vite('vite-6-unresolved', '6', UNRESOLVED),
  vite('vite-6-syntax', '6', { 'src/main.ts': BROKEN }),
  vite('vite-6-config', '6', {
    'vite.config.js':
      'import gallery from "vite-plugin-gallery";\n\nexport default { plugins: [gallery()] };\n',
  }),
  vite('vite-8-unresolved', '8', UNRESOLVED),
  vite('vite-8-syntax', '8', { 'src/main.ts': BROKEN }),
  vite('vite-8-missing-file', '8', { 'src/main.ts': 'import "./styles/missing.css";\n' }),
];

const ESBUILD: readonly FailureCase[] = [
  {
    name: 'esbuild-unresolved',
    packages: ['esbuild@0.25'],
    files: {
      'package.json': packageJson({ scripts: { build: 'esbuild src/main.ts --bundle --outdir=dist' } }),
      ...UNRESOLVED,
    },
    command: 'npm run build',
  },
  {
    name: 'esbuild-syntax',
    packages: ['esbuild@0.25'],
    files: {
      'package.json': packageJson({ scripts: { build: 'node build.mjs' } }),
      'build.mjs':
        'import { build } from "esbuild";\n\nawait build({ entryPoints: ["src/main.ts"], bundle: true, outdir: "dist" });\n',
      'src/main.ts': BROKEN,
    },
    command: 'npm run build',
  },
];

const ROLLUP: readonly FailureCase[] = [
  {
    name: 'rollup-unresolved',
    packages: ['rollup@4'],
    files: {
      'package.json': packageJson({
        type: 'module',
        scripts: { build: 'rollup src/main.js --file dist/main.js' },
      }),
      'src/main.js': 'import { hang } from "./hooks.js";\n\nhang();\n',
    },
    command: 'npm run build',
  },
  {
    name: 'rollup-missing-export',
    packages: ['rollup@4'],
    files: {
      'package.json': packageJson({
        type: 'module',
        scripts: { build: 'rollup src/main.js --file dist/main.js' },
      }),
      'src/hooks.js': 'export const hook = 1;\n',
      'src/main.js': 'import left from "left-pad";\nimport { hang } from "./hooks.js";\n\nhang(left);\n',
    },
    command: 'npm run build',
  },
];

const webpack = (name: string, files: Readonly<Record<string, string>>): FailureCase => ({
  name,
  packages: ['webpack@5', 'webpack-cli@6'],
  files: { 'package.json': packageJson({ scripts: { build: 'webpack --mode production' } }), ...files },
  command: 'npm run build',
});

const WEBPACK: readonly FailureCase[] = [
  webpack('webpack-unresolved', { 'src/index.js': 'import { hang } from "./hooks";\n\nhang();\n' }),
  webpack('webpack-missing-loader', {
    'src/index.js': 'import "./styles.scss";\n',
    'src/styles.scss': '$accent: teal;\n\nbody {\n  color: $accent;\n}\n',
  }),
  webpack('webpack-config', {
    'src/index.js': 'console.log("hello");\n',
    'webpack.config.js': 'module.exports = { modul: { rules: [] } };\n',
  }),
];

export const BUNDLERS: readonly FailureCase[] = [...TSC, ...VITE, ...ESBUILD, ...ROLLUP, ...WEBPACK];
