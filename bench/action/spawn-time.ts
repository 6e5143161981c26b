import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Pin } from '../harness/cores.js';

/** How one process spent its time, in milliseconds since it was started. */
export interface SpawnTime {
  /** Undefined: it asked nothing. */
  readonly firstRequest: number | undefined;
  readonly exit: number;
  /** From the last answer it got to its end. */
  readonly afterLastAnswer: number;
  readonly code: number;
  readonly output: string;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Stopwatch {
  readonly port: number;
  /** One process at a time: requests are its own. */
  time(program: {
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  }): Promise<SpawnTime>;
  close(): Promise<void>;
}

/** Whatever takes longer hangs. */
const PATIENCE_MS = 10_000;

/** A server in this very process, so that one clock sees both the start of a program and its first request. */
export async function createStopwatch({ answer, pin }: { answer: Answer; pin: Pin }): Promise<Stopwatch> {
  let first: number | undefined;
  let last = 0;
  const server = createServer((request, response) => {
    first ??= performance.now();
    response.on('finish', () => (last = performance.now()));
    request.resume().on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    time: ({ args, env }) =>
      new Promise((resolve, reject) => {
        first = undefined;
        const { command, args: all } = pin({ command: process.execPath, args }, 'measured');
        const started = performance.now();
        last = started;
        const child = spawn(command, [...all], { env, stdio: ['ignore', 'pipe', 'pipe'] });
        const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
        let output = '';
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
        child.once('error', reject).once('exit', (code) => {
          const exit = performance.now();
          clearTimeout(patience);
          resolve({
            firstRequest: first === undefined ? undefined : first - started,
            exit: exit - started,
            afterLastAnswer: exit - last,
            code: code ?? -1,
            output,
          });
        });
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
