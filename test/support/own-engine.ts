import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../demo/expect.js';

/** A Docker engine that a test may kill. */
export interface OwnEngine extends AsyncDisposable {
  readonly dockerHost: string;
  /** The command line of Docker, about this engine. */
  docker(...args: readonly string[]): Promise<string>;
  /** Its process only, as the system does it to one that needs too much memory. */
  kill(): Promise<void>;
  /** Over what is there, as its supervisor would. */
  start(): Promise<void>;
}

const run = promisify(execFile);

/** Needs root, `dockerd` on the PATH, and a network namespace where it is in nobody's way. */
export async function startOwnEngine(): Promise<OwnEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-engine-'));
  const dockerHost = `unix://${join(folder, 'sock')}`;
  const log = openSync(join(folder, 'log'), 'a');
  const args = [
    ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
    ...['--pidfile', join(folder, 'pid'), '--host', dockerHost, '--bridge', 'none'],
  ];
  let engine: ChildProcess | null = null;
  const docker = async (...given: readonly string[]) => {
    const env = { ...process.env, DOCKER_HOST: dockerHost };
    return (await run('docker', given, { env, maxBuffer: 16 * 1024 ** 2 })).stdout.trim();
  };
  const end = async (signal: NodeJS.Signals) => {
    const ending = engine;
    engine = null;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
  };
  const start = async () => {
    engine = spawn('dockerd', args, { stdio: ['ignore', log, log] });
    const answers = () => docker('version').then(() => '', String);
    const otherwise = 'The engine does not start.';
    await eventually(answers, { until: (failure) => failure === '', otherwise });
  };
  await start();
  return {
    dockerHost,
    docker,
    start,
    kill: () => end('SIGKILL'),
    async [Symbol.asyncDispose]() {
      await end('SIGTERM');
      // One that an engine left which was killed.
      const left = Number(
        await readFile(join(folder, 'exec/containerd/containerd.pid'), 'utf8').catch(() => '0'),
      );
      if (left > 0) endIfThere(left);
      closeSync(log);
      await unmountIn(folder);
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    },
  };
}

/** What an engine mounts, such as the namespaces of its networks. */
async function unmountIn(folder: string): Promise<void> {
  const mounted = (await readFile('/proc/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  for (const path of mounted.filter((one) => one.startsWith(`${folder}/`)).reverse())
    await run('umount', [path]).catch(() => undefined);
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid);
  } catch {
    // It has ended.
  }
}
