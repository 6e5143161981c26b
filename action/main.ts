import { createHttp } from './http/exchange.js';
import { sleep } from './http/world.js';
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
