import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { LocalOptions, LocalWay, Missing } from '../process/database.js';
import { collect, lastLine, programEntry, run } from '../process/run.js';
import { runMongod } from './mongod.js';

/** A mongod that is installed on this machine. */
export const systemMongod: LocalWay = {
  engine: 'mongod',
  async start(options) {
    const binary = findOnPath('mongod', options.env['PATH']);
    if (!binary) return { missing: 'no mongod is on the PATH' };
    const version = await usableVersion(binary, options);
    if (typeof version !== 'string') return version;
    const found = await runMongod({ binary, version }, options);
    return { ...found, way: `mongod ${version} from the PATH (${binary}), data in ${options.directory}` };
  },
};

/** The first executable file of that name; relative entries are skipped, since they mean another program in every folder. */
function findOnPath(name: string, path: string | undefined): string | undefined {
  const folders = (path ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** A mongod that mongodb-memory-server keeps in its cache, or downloads into it. */
export const cachedMongod: LocalWay = {
  engine: 'mongod',
  async start(options) {
    const binary = await obtainMongod(options).catch((error: Error) => error);
    if (binary instanceof Error)
      return { missing: `mongodb-memory-server has no mongod for us: ${binary.message}` };
    const version = await usableVersion(binary, options);
    if (typeof version !== 'string') return version;
    const found = await runMongod({ binary, version }, options);
    return {
      ...found,
      way: `mongod ${version} of mongodb-memory-server (${binary}), data in ${options.directory}`,
    };
  },
};

const VERSION_TIMEOUT_MS = 10_000;

const OLDEST_MAJOR = 6;

/** Its version, or the reason why this mongod is not used. The reason is logged: the operator expects the mongod to be used. */
async function usableVersion(
  binary: string,
  { env, log }: Pick<LocalOptions, 'env' | 'log'>,
): Promise<string | Missing> {
  try {
    return await mongodVersion(binary, env);
  } catch (error) {
    const missing = `a mongod cannot be used: ${error instanceof Error ? error.message : String(error)}`;
    log(`database: ${missing}`);
    return { missing };
  }
}

async function mongodVersion(binary: string, env: NodeJS.ProcessEnv): Promise<string> {
  const output = await run({ command: binary, args: ['--version'], env, timeoutMs: VERSION_TIMEOUT_MS });
  const [, version, major] = /db version v?((\d+)\.\d+\.\d+)/i.exec(output) ?? [];
  if (version === undefined) throw new Error(`${binary} --version names no version`);
  if (Number(major) < OLDEST_MAJOR)
    throw new Error(`${binary} has version ${version}, and Vitrine needs ${OLDEST_MAJOR}.0 or newer`);
  return version;
}

/** Without internet nothing ever arrives, so the first sign of life must come soon; a slow line may take its time after that. */
const FIRST_BYTES_MS = 5_000;

const SILENCE_MS = 20_000;

const WHOLE_DOWNLOAD_MS = 300_000;

/** Why a download failed, by where it came from: what failed once is not tried again for the life of this process. */
const failures = new Map<string, string>();

/**
 * Asks mongodb-memory-server for the mongod it has, or lets it download one. It runs in a process of its own, because its
 * download has no deadline and prints its progress: that process can be watched and ended.
 */
async function obtainMongod(options: LocalOptions): Promise<string> {
  const source = options.env['MONGOMS_DOWNLOAD_MIRROR'] ?? '';
  const download =
    options.allowDownload !== false &&
    options.env['MONGOMS_RUNTIME_DOWNLOAD'] !== 'false' &&
    !failures.has(source);
  const child = spawn(process.execPath, [programEntry('mongod/download.js')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      // Left alone, the package accepts any certificate for the program we are about to run.
      npm_config_strict_ssl: 'true',
      ...options.env,
      NODE_OPTIONS: '',
      MONGOMS_MAX_RETRIES: '1',
      MONGOMS_RUNTIME_DOWNLOAD: String(download),
    },
  });
  const watched = await watch(child);
  if ('binary' in watched) return watched.binary;
  if (!download) throw new Error(failures.get(source) ?? 'none is cached and a download is not allowed');
  const failure = `the download failed (${watched.reason})`;
  failures.set(source, failure);
  if (options.last !== true)
    options.log(
      `database: there is no mongod to use here, and none could be downloaded (${downloadReason(watched.reason)}): going on with the embedded engine`,
    );
  throw new Error(failure);
}

function watch(child: ChildProcess): Promise<{ binary: string } | { reason: string }> {
  const output = collect(child);
  return new Promise((resolve) => {
    let reason: string | undefined;
    const giveUp = (why: string) => () => {
      reason = why;
      child.kill('SIGKILL');
    };
    const total = setTimeout(giveUp(`not complete after ${WHOLE_DOWNLOAD_MS / 1000} s`), WHOLE_DOWNLOAD_MS);
    let silence = setTimeout(giveUp(`no answer in ${FIRST_BYTES_MS / 1000} s`), FIRST_BYTES_MS);
    child.stdout?.on('data', () => {
      clearTimeout(silence);
      silence = setTimeout(giveUp(`nothing arrived for ${SILENCE_MS / 1000} s`), SILENCE_MS);
    });
    child.once('error', (error) => (reason = error.message));
    child.once('close', () => {
      clearTimeout(total);
      clearTimeout(silence);
      const binary = /^mongod: (.+)$/m.exec(output())?.[1];
      resolve(
        binary && !reason ? { binary } : { reason: reason ?? (lastLine(output()) || 'no reason given') },
      );
    });
  });
}

const LONGEST = 100;

/** What happened to a download, by the words in which Node and mongodb-memory-server tell it; `host` is where it came from. */
const KNOWN: readonly (readonly [RegExp, (host: string, found: string) => string])[] = [
  [/ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH/, (host) => `no internet connection to ${host}`],
  [/ECONNREFUSED/, (host) => `${host} refused the connection`],
  [/ETIMEDOUT|ESOCKETTIMEDOUT/, (host) => `${host} did not answer`],
  [/ECONNRESET|EPIPE|socket hang up/, (host) => `${host} broke the connection off`],
  [/certificate/, (host) => `${host} showed a certificate that is not trusted`],
  [/Status Code is(?:n't 200! \(it is)? (\d{3})/, (host, status) => `${host} answered with status ${status}`],
];

/** Why a download failed, short enough for one calm line: without addresses and stack. */
export function downloadReason(output: string): string {
  const host = /url "https?:\/\/([^/:"]+)/.exec(output)?.[1] ?? 'the server';
  for (const [pattern, tell] of KNOWN) {
    const match = pattern.exec(output);
    if (match) return tell(host, match[1] ?? '');
  }
  const [firstLine = ''] = output.trim().split('\n');
  const plain = firstLine.replace(/https?:\/\/\S+/g, '').replace(/\s+/g, ' ');
  return plain.slice(0, LONGEST).trim() || 'no reason given';
}
