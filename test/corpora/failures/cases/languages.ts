import { type FailureCase, packageJson } from './failure-case.js';

const NODE: readonly FailureCase[] = [
  {
    name: 'node-missing-module',
    packages: [],
    files: {
      'package.json': packageJson({ scripts: { build: 'node scripts/build.js' } }),
      'scripts/build.js': 'const { frame } = require("./frame");\n\nframe();\n',
    },
    command: 'npm run build',
  },
  {
    name: 'node-uncaught',
    packages: [],
    files: {
      'package.json': packageJson({ type: 'module', scripts: { build: 'node scripts/build.js' } }),
      'scripts/build.js':
        'console.error("Error: this one is printed and handled");\nconst pages = JSON.parse("[{]");\nconsole.log(pages);\n',
    },
    command: 'npm run build',
  },
  {
    name: 'node-rejection-with-cause',
    packages: [],
    files: {
      'package.json': packageJson({ type: 'module', scripts: { build: 'node scripts/build.js' } }),
      'scripts/build.js':
        'try {\n  await fetch("http://127.0.0.1:9/pages");\n} catch (cause) {\n  throw new Error("The pages could not be read", { cause });\n}\n',
    },
    command: 'npm run build',
  },
  {
    name: 'node-out-of-memory',
    packages: [],
    files: {
      'package.json': packageJson({ scripts: { build: 'node --max-old-space-size=32 build.js' } }),
      'build.js': 'const kept = [];\nfor (;;) kept.push(new Array(1000).fill("x"));\n',
    },
    command: 'npm run build',
  },
];

const PYTHON: readonly FailureCase[] = [
  {
    name: 'python-traceback',
    packages: [],
    files: {
      'build.py':
        'import json\n\n\ndef read(path):\n    with open(path) as file:\n        return json.load(file)\n\n\nprint("Reading the pages")\nread("pages.json")\n',
      'pages.json': '{ "pages": [1, 2,, 3] }\n',
    },
    command: 'python3 build.py',
  },
  {
    name: 'python-chained',
    packages: [],
    files: {
      'build.py':
        'class BuildError(Exception):\n    pass\n\n\ndef title(page):\n    try:\n        return page["title"]\n    except KeyError as error:\n        raise BuildError("a page has no title") from error\n\n\nprint(title({"body": ""}))\n',
    },
    command: 'python3 build.py',
  },
  {
    name: 'python-syntax',
    packages: [],
    files: { 'build.py': 'pages = [\n    "index",\n    "about"\n\nprint(pages)\n' },
    command: 'python3 build.py',
  },
  {
    name: 'python-missing-module',
    packages: [],
    files: { 'build.py': 'import jinja3\n\nprint(jinja3)\n' },
    command: 'python3 build.py',
  },
  {
    name: 'pip-unknown-package',
    packages: [],
    files: { 'requirements.txt': 'there-is-no-such-package==1.0.0\n' },
    command: 'python3 -m pip install --no-index -r requirements.txt',
    env: { PIP_CONFIG_FILE: '/dev/null' },
  },
];

const GO_MODULE = 'module example.com/site\n\ngo 1.19\n';

const GO: readonly FailureCase[] = [
  {
    name: 'go-compile',
    packages: [],
    files: {
      'go.mod': GO_MODULE,
      'main.go':
        'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println(hang("frame"))\n\tvar width int = "huge"\n}\n',
    },
    command: 'go build ./...',
  },
  {
    name: 'go-panic',
    packages: [],
    files: {
      'go.mod': GO_MODULE,
      'main.go':
        'package main\n\nimport "fmt"\n\nfunc page(pages []string, at int) string {\n\treturn pages[at]\n}\n\nfunc main() {\n\tfmt.Println("Building 2 pages, 0 errors so far")\n\tfmt.Println(page([]string{"index", "about"}, 2))\n}\n',
    },
    command: 'go run .',
  },
  {
    name: 'go-missing-module',
    packages: [],
    files: {
      'go.mod': GO_MODULE,
      'main.go': 'package main\n\nimport "github.com/yuin/goldmark"\n\nfunc main() {\n\tgoldmark.New()\n}\n',
    },
    command: 'go build ./...',
  },
];

const C: readonly FailureCase[] = [
  {
    name: 'gcc-missing-header',
    packages: [],
    files: { 'addon.c': '#include <frames.h>\n\nint main(void) { return 0; }\n' },
    command: 'gcc -c addon.c',
  },
];

export const LANGUAGES: readonly FailureCase[] = [...NODE, ...PYTHON, ...GO, ...C];
