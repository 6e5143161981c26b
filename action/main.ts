import { createHttp } from './http/exchange.js';
import { run } from './run.js';

const stopping = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => stopping.abort(new Error('The workflow run was cancelled.')));
}

const http = createHttp(process.env);

void run(
  {
    env: process.env,
    http,
    print: (line) => process.stdout.write(`${line}\n`),
    now: () => new Date(),
    sleep,
    random: Math.random,
    stopped: stopping.signal,
  },
  process.cwd(),
).then((code) => {
  process.exitCode = code;
  http.close();
});

/** Waits; rejects with the signal's reason when that comes first. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
