import { type ChildProcess, spawn } from 'node:child_process';
import type { LocalOptions } from '../process/database.js';
import { programEntry } from '../process/program-entry.js';
import { collect, lastLine } from '../process/run.js';
import { downloadReason } from './download-reason.js';

/** Without internet nothing ever arrives, so the first sign of life must come soon; a slow line may take its time after that. */
const FIRST_BYTES_MS = 5_000;
const SILENCE_MS = 20_000;
const WHOLE_DOWNLOAD_MS = 300_000;

/** A machine that could not download a moment ago still cannot: one failure counts for the life of this process. */
const failures: string[] = [];

/**
 * Asks mongodb-memory-server for the mongod it has, or lets it download one. It runs in a process of its own, because its
 * download has no deadline and prints its progress: that process can be watched and ended.
 */
export async function obtainMongod(options: LocalOptions): Promise<string> {
  const download =
    options.allowDownload !== false &&
    options.env['MONGOMS_RUNTIME_DOWNLOAD'] !== 'false' &&
    failures.length === 0;
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
  if (!download) throw new Error(failures[0] ?? 'none is cached and a download is not allowed');
  failures.push(`the download failed (${watched.reason})`);
  if (options.last !== true)
    options.log(
      `database: there is no mongod to use here, and none could be downloaded (${downloadReason(watched.reason)}): going on with the embedded engine`,
    );
  throw new Error(failures[0]);
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
