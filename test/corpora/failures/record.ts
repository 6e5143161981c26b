/**
 * Makes logs of the corpus again: `node --import ./test/support/jest/register.js test/corpora/failures/record.ts <name>...`.
 * Without a name, all of them. It installs the tools into a temporary folder; see README.md.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUNDLERS } from './cases/bundlers.js';
import type { FailureCase } from './cases/failure-case.js';
import { LANGUAGES } from './cases/languages.js';
import { PACKAGE_MANAGERS } from './cases/package-managers.js';
import { SITE_BUILDERS } from './cases/site-builders.js';

const CASES = [...PACKAGE_MANAGERS, ...BUNDLERS, ...SITE_BUILDERS, ...LANGUAGES];

/** A log of a real build may be long; what is in the middle of one does not matter here. */
const LONGEST = 64 * 1024;

const LOGS = dirname(fileURLToPath(import.meta.url));
const WORK = join(realpathSync(tmpdir()), 'vitrine-failures');

function record(failure: FailureCase): void {
  const directory = folderOf(failure);
  for (const name of readdirSync(directory))
    if (name !== 'node_modules') rmSync(join(directory, name), { recursive: true });
  for (const [path, text] of Object.entries(failure.files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  for (const command of failure.before ?? []) run(directory, { command, failure });
  const { status, output } = run(directory, { command: failure.command, failure });
  if (status === 0) throw new Error(`${failure.name} did not fail:\n${output}`);
  writeFileSync(join(LOGS, `${failure.name}.log`), redacted(output, directory).slice(0, LONGEST));
  process.stdout.write(`${failure.name}: exit code ${String(status)}, ${String(output.length)} characters\n`);
}

function folderOf({ packages, name }: FailureCase): string {
  if (packages.length > 0) return installed(packages);
  const directory = join(WORK, name, 'site');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** A folder with these packages; they are installed once. */
function installed(packages: readonly string[]): string {
  const key = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 40);
  const directory = join(WORK, key, 'site');
  if (existsSync(join(directory, 'node_modules'))) return directory;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{}');
  const args = ['install', '--no-audit', '--no-fund', ...packages];
  const { status, stderr } = spawnSync('npm', args, { cwd: directory, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${packages.join(' ')} could not be installed: ${stderr}`);
  return directory;
}

interface Command {
  readonly command: string;
  readonly failure: FailureCase;
}

/** As the Action runs a command: bash, no terminal, one stream for both kinds of output. */
function run(directory: string, { command, failure }: Command): { status: number | null; output: string } {
  const { status, stdout } = spawnSync(
    'bash',
    ['--noprofile', '--norc', '-e', '-c', `exec 2>&1; ${command}`],
    {
      cwd: directory,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      env: environmentOf(directory, failure),
    },
  );
  return { status, output: stdout };
}

/** How this machine reaches the registry: the logs do not depend on it. */
const CONNECTION = /^(?:NODE_EXTRA_CA_CERTS|YARN_HTTPS_.*|npm_config_.*|https?_proxy|no_proxy)$/i;

function environmentOf(directory: string, { manager, env }: FailureCase): NodeJS.ProcessEnv {
  const connection = Object.entries(process.env).filter(([name]) => CONNECTION.test(name));
  const places = [...(manager === undefined ? [] : [installed([manager])]), directory];
  const bins = places.map((place) => join(place, 'node_modules', '.bin'));
  const path = [...bins, process.env['PATH']].join(':');
  return {
    PATH: path,
    HOME: homedir(),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    ...Object.fromEntries(connection),
    ...env,
  };
}

const CHECKOUT = '/home/runner/work/site/site';

/** Paths of this machine become those of a runner. */
function redacted(output: string, directory: string): string {
  return output
    .replaceAll(directory, CHECKOUT)
    .replaceAll(dirname(directory), dirname(CHECKOUT))
    .replace(new RegExp(`${WORK}/[0-9a-f]{40}/site`, 'g'), '/home/runner/setup')
    .replaceAll(homedir(), '/home/runner')
    .replaceAll(tmpdir(), '/home/runner/work/_temp');
}

const names = process.argv.slice(2);
for (const failure of CASES) if (names.length === 0 || names.includes(failure.name)) record(failure);
