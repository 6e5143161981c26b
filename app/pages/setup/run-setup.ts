import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { types } from 'node:util';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Log } from '../../../src/shared/tools.js';
import { type Config, isLoopback } from '../../config/config.js';
import { projectRoot } from '../../config/project-root.js';
import { createHosts, type SiteOf } from '../../http/hosts.js';
import { createHttpServer, stopServer } from '../../http/server.js';
import { createSetupEndpoint } from './endpoint.js';
import { type Conversion, exchangeCode, SETUP_PATH } from './manifest.js';

interface RunSetup {
  readonly config: Config;
  readonly envFile: string;
  /** Prints to the operator's terminal and not to the log, because the address contains the token. */
  readonly print: (line: string) => void;
  readonly log: Log;
  /** Cancels the set-up, which then rejects with the signal's reason. */
  readonly stopping: AbortSignal;
}

/** The time for the last answer to reach the operator. */
const LINGER_MS = 2_000;

/** Connects this server to a new GitHub App and answers the credentials. Until then it serves nothing else. */
export async function runSetup(options: RunSetup): Promise<Readonly<Record<string, string>>> {
  const { config, log, stopping } = options;
  refuseInPublic(config);
  stopping.throwIfAborted();
  await probeEnvFile(options.envFile).catch((cause: unknown) => {
    throw cannotKeep(options.envFile, cause);
  });
  const appYml = await readFile(join(projectRoot(), 'app.yml'), 'utf8');
  let surface: ReturnType<typeof createSetupEndpoint> | undefined;
  let siteOf: SiteOf = () => ({ kind: 'unknown' });
  const server = createHttpServer(() => {
    return {
      siteOf,
      webhooks: notHere,
      previews: notHere,
      registry: notHere,
      sockets: notHere,
      api: surface ?? notHere,
      log,
    };
  });
  server.listen(config.port, config.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const publicUrl = config.publicUrl ?? `http://localhost:${port}`;
  siteOf = createHosts({ publicUrl, previewBase: { protocol: 'http', domain: config.previewDomain } });
  const show = (pages: typeof surface) => void (surface = pages);
  try {
    return await Promise.race([waitForOperator(options, { appYml, publicUrl, show }), cancelled(stopping)]);
  } finally {
    await stopServer(server, LINGER_MS);
  }
}

function notHere(): never {
  throw new VitrineError('not_found', 'Vitrine is not set up yet.');
}

function cancelled(stopping: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    stopping.addEventListener('abort', () => reject(stopping.reason as Error), { once: true });
    if (stopping.aborted) reject(stopping.reason as Error);
  });
}

interface Place {
  readonly appYml: string;
  readonly publicUrl: string;
  readonly show: (pages: ReturnType<typeof createSetupEndpoint>) => void;
}

function waitForOperator(
  options: RunSetup,
  { appYml, publicUrl, show }: Place,
): Promise<Record<string, string>> {
  const { config, envFile, print, log } = options;
  const token = randomBytes(32).toString('base64url');
  return new Promise((resolve) => {
    const pages = createSetupEndpoint({
      apiUrl: config.githubApiUrl,
      publicUrl,
      appYml,
      envFile,
      token,
      log,
      exchange: (code) => exchangeCode({ apiUrl: config.githubApiUrl, code }),
      async onCredentials(credentials) {
        const found = toVariables(credentials);
        const kept = await keep(options, found);
        resolve(found);
        return kept ? [] : envLines(found);
      },
    });
    show(pages);
    print(`Vitrine is not connected to GitHub yet. Open ${publicUrl}${SETUP_PATH}?token=${token}`);
  });
}

/** The set-up page gives control over the server, so it must never be reachable from other machines. */
export function refuseInPublic({ host, production }: Pick<Config, 'host' | 'production'>): void {
  if (isLoopback(host) && !production) return;
  throw new VitrineError(
    'bad_request',
    'APP_ID, PRIVATE_KEY and WEBHOOK_SECRET are not set. To make a GitHub App, start once with HOST=127.0.0.1 and without NODE_ENV=production, and open the address it prints.',
  );
}

/** GitHub gives the credentials once. If the file cannot be written, the page shows them; they are never logged. */
async function keep({ envFile, log }: RunSetup, found: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    await writeEnvFile(envFile, found);
    return true;
  } catch (error) {
    log('error', `${envFile} could not be written: the page shows the lines that belong into it`, { error });
    return false;
  }
}

function cannotKeep(envFile: string, cause: unknown): VitrineError {
  const why = types.isNativeError(cause) ? cause.message : String(cause);
  const message = `The credentials of the GitHub App are to be kept in ${envFile}, and it cannot be read and written (${why}). Make that possible, or start in a folder where it is.`;
  return new VitrineError('bad_request', message, { cause });
}

function toVariables({
  id,
  pem,
  webhook_secret,
  client_id,
  client_secret,
}: Conversion): Record<string, string> {
  return {
    APP_ID: String(id),
    PRIVATE_KEY: pem,
    WEBHOOK_SECRET: webhook_secret,
    GITHUB_CLIENT_ID: client_id,
    GITHUB_CLIENT_SECRET: client_secret,
  };
}

/** Writes variables into a file that only its owner may read. Other lines stay, and a crash leaves the old or the new file. */
export async function writeEnvFile(path: string, values: Readonly<Record<string, string>>): Promise<void> {
  const kept = withoutNames(await readIfPresent(path), Object.keys(values));
  const fresh = temporaryPath(path);
  try {
    await writeFile(fresh, `${[...kept, ...envLines(values)].join('\n')}\n`, { mode: 0o600 });
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Throws if `writeEnvFile` could not read or write the file. The file does not change. */
async function probeEnvFile(path: string): Promise<void> {
  await readIfPresent(path);
  const fresh = temporaryPath(path);
  try {
    await writeFile(fresh, '', { mode: 0o600 });
  } finally {
    await rm(fresh, { force: true });
  }
}

function envLines(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}="${value.replaceAll('\n', '\\n')}"`);
}

function readIfPresent(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}

function temporaryPath(path: string): string {
  return `${path}.${process.pid}.new`;
}

/** Removes the lines of these variables. `writeEnvFile` writes each value on one line. */
function withoutNames(text: string, names: readonly string[]): string[] {
  const lines = text.replace(/\n+$/, '').split('\n');
  return lines
    .filter((line) => line !== '' || lines.length > 1)
    .filter((line) => !names.some((name) => line.startsWith(`${name}=`)));
}
