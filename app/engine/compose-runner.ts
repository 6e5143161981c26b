import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { errorCode, VitrineError } from '../../src/shared/errors.js';
import { cleanLine } from '../../src/shared/text.js';
import type { ComposeEnd, ComposeRunner } from '../../src/targets/compose/runner.js';
import type { Run } from '../../src/targets/target.js';
import type { EngineAddress } from './address.js';

interface RunnerOptions {
  readonly engine: EngineAddress;
  /** Where programs are looked for. */
  readonly path: string;
  /** The folder of settings of the operator's `docker`, in which plugins may lie; its logins are not used. */
  readonly dockerConfig?: string | undefined;
}

type Watch = Pick<Run, 'log' | 'signal'>;

/**
 * Runs `docker compose`, with arguments as a list and the file on its standard input: secrets in it touch no disk. It gets an environment
 * and a folder of settings of its own, so that neither variables nor logins of the server reach a preview.
 */
export function createComposeRunner(options: RunnerOptions): ComposeRunner {
  return {
    async up({ project, file, patienceMs }, watch) {
      const seconds = String(Math.ceil(patienceMs / 1_000));
      const flags = ['--detach', '--wait', '--wait-timeout', seconds, '--no-build', '--pull', 'never'];
      const args = ['--file', '-', 'up', ...flags, '--remove-orphans'];
      return inOwnFolder(options, (folder) =>
        compose({ ...options, folder, project, args, input: JSON.stringify(file) }, watch),
      );
    },
    async start(project, watch) {
      const args = ['start'];
      return inOwnFolder(options, (folder) =>
        compose({ ...options, folder, project, args, input: '' }, watch),
      );
    },
  };
}

const run = promisify(execFile);

/** Which version the operator has, as 2.40.3; throws when there is none. */
export async function composeVersion(options: RunnerOptions, signal: AbortSignal): Promise<string> {
  const { stdout } = await inOwnFolder(options, (folder) =>
    run('docker', ['compose', 'version', '--short'], {
      cwd: folder,
      env: environmentOf({ ...options, folder }),
      signal,
    }),
  );
  return stdout.trim().replace(/^v/, '');
}

async function inOwnFolder<Value>(
  { dockerConfig = join(homedir(), '.docker') }: RunnerOptions,
  work: (folder: string) => Promise<Value>,
): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-compose-'));
  try {
    const settings = { cliPluginsExtraDirs: [join(dockerConfig, 'cli-plugins')] };
    await writeFile(join(folder, 'config.json'), JSON.stringify(settings), { mode: 0o600 });
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Call extends RunnerOptions {
  readonly folder: string;
  readonly project: string;
  readonly args: readonly string[];
  readonly input: string;
}

/** What people and messages are shown of its output. */
const KEPT_LINES = 20;

async function compose(call: Call, { log, signal }: Watch): Promise<ComposeEnd> {
  signal.throwIfAborted();
  const { project, args, folder } = call;
  const place = ['--project-name', project, '--project-directory', folder];
  const child = spawn('docker', ['compose', '--ansi', 'never', '--progress', 'plain', ...place, ...args], {
    cwd: folder,
    env: environmentOf(call),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const end = () => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  // It may end before it has read the file; its exit says why.
  child.stdin.on('error', () => undefined).end(call.input);
  child.stdout.resume();
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    const said = cleanLine(line).trim();
    if (said === '' || said === lines.at(-1)) return;
    lines.push(said);
    if (lines.length > KEPT_LINES) lines.shift();
    log(said.replaceAll(`${project}-`, '').slice(0, 500));
  });
  try {
    return endOf(await ended, { lines, signal });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new VitrineError('unavailable', NO_PROGRAM, { cause: error });
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

const NO_PROGRAM =
  'This server has no program "docker": its operator must install the Docker CLI with its plugin Compose, version 2.20 or newer.';
const NO_PLUGIN =
  'The program "docker" of this server has no Compose: its operator must install the plugin, version 2.20 or newer.';
const NO_ENGINE =
  'The container engine does not answer. The operator of this server must start Docker, or correct DOCKER_HOST; then this is tried again.';

/** The program says these things in words only. */
const AWAY: readonly { readonly when: RegExp; readonly says: string }[] = [
  { when: /is not a docker command|unknown (?:shorthand )?(?:flag|command)/i, says: NO_PLUGIN },
  {
    when: /cannot connect to the docker daemon|failed to connect to the docker api|error during connect/i,
    says: NO_ENGINE,
  },
];

function endOf(
  code: number | null,
  { lines, signal }: { readonly lines: readonly string[]; readonly signal: AbortSignal },
): ComposeEnd {
  signal.throwIfAborted();
  if (code === 0) return { ok: true };
  const said = lines.join('\n');
  const away = AWAY.find(({ when }) => when.test(said));
  if (away) throw new VitrineError('unavailable', away.says);
  return { ok: false, lines };
}

function environmentOf({
  engine,
  path,
  folder,
}: RunnerOptions & Pick<Call, 'folder'>): Readonly<Record<string, string>> {
  const host =
    engine.socketPath === undefined
      ? `tcp://${engine.host}:${String(engine.port)}`
      : `unix://${engine.socketPath}`;
  return {
    PATH: path,
    HOME: folder,
    DOCKER_CONFIG: folder,
    DOCKER_HOST: host,
    ...(engine.tls && { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: resolve(engine.tls.folder) }),
    COMPOSE_DISABLE_ENV_FILE: '1',
  };
}
