/** For each log of the corpus, the line that people should read: it goes into the title of a check. */
export const CAUSES: Readonly<Record<string, string>> = {
  'astro-unresolved': 'Could not resolve "../components/Frame.astro" from "src/pages/index.astro"',
  'docusaurus-broken-link':
    'Error: Docusaurus found broken links! Broken link on source page path = /: linking to /guides/set-up',
  'docusaurus-config': 'Error: "title" is required',
  'docusaurus-mdx':
    'Error: MDX compilation failed for file "docs/install.mdx": Unexpected character `2` (U+0032) before name, expected a character that can start a name, such as a letter, `$`, or `_`',
  'eleventy-template': 'filter not found: shout (./index.njk)',
  'esbuild-syntax': 'Expected "}" but found "height" (src/main.ts:3:2)',
  'esbuild-unresolved': 'Could not resolve "@gallery/frames" (src/main.ts:1:22)',
  'eslint-rule': "'hang' is not defined no-undef (src/main.js:2:1)",
  'gcc-missing-header': 'addon.c:1:10: fatal error: frames.h: No such file or directory',
  'go-compile': './main.go:6:14: undefined: hang',
  'go-missing-module':
    'main.go:3:8: no required module provides package github.com/yuin/goldmark; to add it: go get github.com/yuin/goldmark',
  'go-panic': 'panic: runtime error: index out of range [2] with length 2 (main.go:6)',
  'jest-failed': 'adds: expect(received).toBe(expected) // Object.is equality',
  'next-15-prerender': 'ReferenceError: window is not defined (prerendering "/")',
  'next-15-types': "Type error: Type 'string' is not assignable to type 'number'. (./app/page.tsx:1:7)",
  'next-15-unresolved': "Module not found: Can't resolve '../components/frame' (./app/page.tsx)",
  'next-16-prerender': 'ReferenceError: window is not defined (prerendering "/")',
  'next-16-types': "app/page.tsx(1,7): error TS2322: Type 'string' is not assignable to type 'number'.",
  'next-16-unresolved': "Error: Module not found: Can't resolve '../components/frame' (./app/page.tsx:1:1)",
  'node-missing-module': "Error: Cannot find module './frame' (scripts/build.js:1)",
  'node-out-of-memory': 'Reached heap limit Allocation failed - JavaScript heap out of memory',
  'node-rejection-with-cause':
    'Error: The pages could not be read (cause: Error: bad port) (scripts/build.js:4)',
  'node-uncaught': "SyntaxError: Expected property name or '}' in JSON at position 2 (scripts/build.js:2)",
  'npm-ci-lock-out-of-step':
    'EUSAGE: `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Missing: is-even@1.0.0 from lock file, and 5 more',
  'npm-ci-without-lock':
    'EUSAGE: The `npm ci` command can only install with an existing package-lock.json or npm-shrinkwrap.json with lockfileVersion >= 1.',
  'npm-engine':
    'EBADENGINE: Not compatible with your version of node/npm: site@1.0.0: Required: {"node":">=99"}',
  'npm-install-script': 'Error: Python 3 is needed to compile this package (native/compile.js:1)',
  'npm-integrity':
    'EINTEGRITY: Integrity checksum failed when using sha512: wanted sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA== but got sha512-XI5MPzVNApjAyhQzphX8BkmKsKUxD4LdyK24iZeQGinBN9yTQT3bFlCBy/aVx2HrNcqQGsdot8ghrjyrvMCoEA==.',
  'npm-invalid-manifest':
    'EJSONPARSE: Invalid package.json: JSONParseError: Expected double-quoted property name in JSON at position 41 while parsing near "... \\"version\\": \\"1.0.0\\",,\\n}\\n"',
  'npm-missing-script': 'Missing script: "build"',
  'npm-peer-conflict':
    'ERESOLVE: unable to resolve dependency tree: peer react@"17.0.2" from react-dom@17.0.2',
  'npm-registry-unreachable':
    'ECONNREFUSED: FetchError: request to http://127.0.0.1:9/left-pad failed, reason: connect ECONNREFUSED 127.0.0.1:9',
  'npm-tool-not-installed': 'vite: not found',
  'npm-unknown-package':
    "E404: The requested resource '@vitrine-corpus/there-is-no-such-package@^1.0.0' could not be found or you do not have permission to access it.",
  'npm-unknown-version': 'ETARGET: No matching version found for left-pad@^99.0.0.',
  'npm-workspace-build': "index.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'.",
  'parcel-unresolved': "@parcel/core: Failed to resolve './hooks' from './main.js'",
  'pip-unknown-package':
    'Could not find a version that satisfies the requirement there-is-no-such-package==1.0.0 (from versions: none)',
  'pnpm-lock-out-of-step': `Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date with <ROOT>/package.json: specifiers in the lockfile don't match specifiers in package.json: 1 dependencies were added: left-pad@1.3.0`,
  'pnpm-missing-script': 'Missing script: build',
  'pnpm-unknown-version':
    'No matching version found for left-pad@^99.0.0 while fetching it from https://registry.npmjs.org/',
  'pnpm-without-lock': 'Cannot install with "frozen-lockfile" because pnpm-lock.yaml is absent',
  'pnpm-workspace-build':
    "packages/web build: index.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'.",
  'python-chained': "KeyError: 'title' (build.py:7)",
  'python-missing-module': "ModuleNotFoundError: No module named 'jinja3' (build.py:1)",
  'python-syntax': "SyntaxError: '[' was never closed (build.py:1)",
  'python-traceback':
    'json.decoder.JSONDecodeError: Expecting value: line 1 column 18 (char 17) (build.py:6)',
  'rollup-missing-export':
    'RollupError: src/main.js (2:9): "hang" is not exported by "src/hooks.js", imported by "src/main.js".',
  'rollup-unresolved': 'RollupError: Could not resolve "./hooks.js" from "src/main.js"',
  'sass-undefined': 'Error: Undefined variable. (styles.scss 2:10)',
  'tsc-config': "TS5058: The specified path does not exist: 'tsconfig.build.json'.",
  'tsc-types-pretty': "src/frame.ts:5:31 - error TS2322: Type 'string' is not assignable to type 'number'.",
  'tsc-types': "src/frame.ts(5,31): error TS2322: Type 'string' is not assignable to type 'number'.",
  'vite-6-config':
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'vite-plugin-gallery' imported from node_modules/.vite-temp/vite.config.js.timestamp-1795868205992-468d64159d992.mjs",
  'vite-6-syntax': 'src/main.ts:3:2: ERROR: Expected "}" but found "height"',
  'vite-6-unresolved': '[vite]: Rollup failed to resolve import "@gallery/frames" from "src/main.ts".',
  'vite-8-missing-file':
    "[UNRESOLVED_IMPORT] Could not resolve './styles/missing.css' in src/main.ts (src/main.ts:1:8)",
  'vite-8-syntax': '[builtin:vite-transform] Expected `,` or `}` but found `Identifier` (src/main.ts:3:3)',
  'vite-8-unresolved':
    'Error: [vite]: Rolldown failed to resolve import "@gallery/frames" from "src/main.ts".',
  'vitest-failed': 'src/sum.test.js > adds: AssertionError: expected 2 to be 3 // Object.is equality',
  'webpack-config': "Invalid configuration object. configuration has an unknown property 'modul'",
  'webpack-missing-loader': 'Module parse failed: Unexpected token (3:5) (./src/styles.scss 3:5)',
  'webpack-unresolved': "Module not found: Error: Can't resolve './hooks' in 'src' (./src/index.js 1:0-31)",
  'yarn-1-build':
    "src/index.ts(1,22): error TS2307: Cannot find module './sizes' or its corresponding type declarations.",
  'yarn-1-lock-out-of-step': 'Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.',
  'yarn-1-unknown-package': `Couldn't find package "@vitrine-corpus/there-is-no-such-package" on the "npm" registry.`,
  'yarn-4-install-script': 'Error: Python 3 is needed to compile this package (compile.js:1)',
  'yarn-4-lock-out-of-step':
    'The lockfile would have been modified by this install, which is explicitly forbidden. The first difference: left-pad@npm:1.3.0',
  'yarn-4-missing-script': `Couldn't find a script named "build".`,
  'yarn-4-unknown-package': '@vitrine-corpus/there-is-no-such-package@npm:^1.0.0: Package not found',
};
