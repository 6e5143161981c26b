import { type FailureCase, packageJson } from './failure-case.js';

const NEXT_PACKAGES = ['react@19', 'react-dom@19', 'typescript@5.9.3', '@types/react@19', '@types/node@20'];
const LAYOUT =
  'import type { ReactNode } from "react";\n\nexport default function Layout({ children }: { children: ReactNode }) {\n  return (\n    <html lang="en">\n      <body>{children}</body>\n    </html>\n  );\n}\n';

const next = (name: string, version: string, page: string): FailureCase => ({
  name,
  packages: [`next@${version}`, ...NEXT_PACKAGES],
  files: {
    'package.json': packageJson({ scripts: { build: 'next build' } }),
    'app/layout.tsx': LAYOUT,
    'app/page.tsx': page,
    // Without it, Next.js takes the outermost folder with a lock file for the project.
    ...(version === '16' && { 'next.config.js': 'module.exports = { turbopack: { root: __dirname } };\n' }),
  },
  command: 'npm run build',
  env: { NEXT_TELEMETRY_DISABLED: '1' },
});

const WRONG_TYPE =
  'const width: number = "huge";\n\nexport default function Page() {\n  return <h1>{width}</h1>;\n}\n';
const UNRESOLVED =
  'import { Frame } from "../components/frame";\n\nexport default function Page() {\n  return <Frame />;\n}\n';
const PRERENDER = 'export default function Page() {\n  return <h1>{window.location.host}</h1>;\n}\n';

const NEXT: readonly FailureCase[] = [
  next('next-15-types', '15', WRONG_TYPE),
  next('next-15-unresolved', '15', UNRESOLVED),
  next('next-15-prerender', '15', PRERENDER),
  next('next-16-types', '16', WRONG_TYPE),
  next('next-16-unresolved', '16', UNRESOLVED),
  next('next-16-prerender', '16', PRERENDER),
];

const DOCUSAURUS_CONFIG =
  'module.exports = {\n  title: "Site",\n  url: "https://example.com",\n  baseUrl: "/",\n  onBrokenLinks: "throw",\n  presets: [["classic", { docs: { routeBasePath: "/" }, blog: false }]],\n};\n';

const docusaurus = (name: string, files: Readonly<Record<string, string>>): FailureCase => ({
  name,
  packages: [
    '@docusaurus/core@3',
    '@docusaurus/preset-classic@3',
    'react@19',
    'react-dom@19',
    '@mdx-js/react@3',
  ],
  files: {
    'package.json': packageJson({ scripts: { build: 'docusaurus build' } }),
    'docusaurus.config.js': DOCUSAURUS_CONFIG,
    'docs/intro.md': '---\nslug: /\n---\n\n# Intro\n',
    ...files,
  },
  command: 'npm run build',
});

const DOCUSAURUS: readonly FailureCase[] = [
  docusaurus('docusaurus-broken-link', {
    'docs/intro.md': '---\nslug: /\n---\n\n# Intro\n\nSee [the set-up](/guides/set-up).\n',
  }),
  docusaurus('docusaurus-mdx', { 'docs/install.mdx': '# Install\n\nNeeds Node <20, or {version.\n' }),
  docusaurus('docusaurus-config', { 'docusaurus.config.js': DOCUSAURUS_CONFIG.replace('title', 'titel') }),
];

const OTHERS: readonly FailureCase[] = [
  {
    name: 'astro-unresolved',
    packages: ['astro@5'],
    files: {
      'package.json': packageJson({ type: 'module', scripts: { build: 'astro build' } }),
      'src/pages/index.astro': '---\nimport Frame from "../components/Frame.astro";\n---\n<Frame />\n',
    },
    command: 'npm run build',
    env: { ASTRO_TELEMETRY_DISABLED: '1' },
  },
  {
    name: 'parcel-unresolved',
    packages: ['parcel@2'],
    files: {
      'package.json': packageJson({ scripts: { build: 'parcel build index.html' } }),
      // Marks the root of the project.
      'package-lock.json': '{}\n',
      'index.html': '<!doctype html>\n<script type="module" src="main.js"></script>\n',
      'main.js': 'import { hang } from "./hooks";\n\nhang();\n',
    },
    command: 'npm run build',
  },
  {
    name: 'eleventy-template',
    packages: ['@11ty/eleventy@3'],
    files: {
      'package.json': packageJson({ scripts: { build: 'eleventy' } }),
      'index.njk': '<h1>{{ title | shout }}</h1>\n',
    },
    command: 'npm run build',
  },
  {
    name: 'sass-undefined',
    packages: ['sass@1'],
    files: {
      'package.json': packageJson({ scripts: { build: 'sass styles.scss dist/styles.css' } }),
      'styles.scss': 'body {\n  color: $accent;\n}\n',
    },
    command: 'npm run build',
  },
  {
    name: 'eslint-rule',
    packages: ['eslint@9'],
    files: {
      'package.json': packageJson({ scripts: { build: 'eslint src && node build.js' } }),
      'eslint.config.mjs': 'export default [{ rules: { "no-undef": "error", "prefer-const": "warn" } }];\n',
      'src/main.js': 'let size = 3;\nhang(size);\n',
    },
    command: 'npm run build',
  },
  {
    name: 'jest-failed',
    packages: ['jest@30'],
    files: {
      'package.json': packageJson({ scripts: { build: 'jest && node build.js' } }),
      'src/sum.test.js': 'test("adds", () => {\n  expect(1 + 1).toBe(3);\n});\n',
    },
    command: 'npm run build',
  },
  {
    name: 'vitest-failed',
    packages: ['vitest@3'],
    files: {
      'package.json': packageJson({ type: 'module', scripts: { build: 'vitest run && node build.js' } }),
      'src/sum.test.js':
        'import { expect, test } from "vitest";\n\ntest("logs what it expects to fail", () => {\n  console.error("Error: this one is expected");\n});\n\ntest("adds", () => {\n  expect(1 + 1).toBe(3);\n});\n',
    },
    command: 'npm run build',
  },
];

export const SITE_BUILDERS: readonly FailureCase[] = [...NEXT, ...DOCUSAURUS, ...OTHERS];
