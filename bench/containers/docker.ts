import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Setting } from '../harness/setting.js';

/** The operator's own `docker`. Answers what it printed. */
export type Docker = (...args: readonly string[]) => Promise<string>;

export function dockerOf({ children, find }: Setting): Docker {
  return async (...args) => {
    const program = children.program(find('docker') ?? 'docker', { args });
    if ((await program.ended) !== 0) throw new Error(`docker ${args[0] ?? ''}: ${program.output()}`);
    return program.output().trim();
  };
}

export const IMAGE = 'vitrine-bench:program';
export const PORT = 3000;

/** A program that answers as soon as it runs, so that its own start is not what is measured. */
export async function buildImage({ scratch, find }: Setting, docker: Docker): Promise<void> {
  const context = await scratch.disk('program');
  await copyFile(find('busybox') ?? 'busybox', join(context, 'busybox'));
  await mkdir(join(context, 'www'));
  await writeFile(join(context, 'www/index.html'), '<h1>Hello</h1>\n');
  const command = ['/busybox', 'httpd', '-f', '-p', `0.0.0.0:${String(PORT)}`, '-h', '/www'];
  const lines = ['FROM scratch', 'COPY . /', `EXPOSE ${String(PORT)}`, `CMD ${JSON.stringify(command)}`];
  await writeFile(join(context, 'Dockerfile'), lines.join('\n'));
  await docker('build', '--quiet', '--tag', IMAGE, context);
}

const PATIENCE_MS = 60_000;
const PAUSE_MS = 2;

/** Asks until the program answers. */
export async function untilAnswered(at: { readonly port: number; readonly host: string }): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  let last: number | string = '';
  while (performance.now() < until) {
    last = await statusOf(at);
    if (last === 200) return;
    await sleep(PAUSE_MS);
  }
  throw new Error(`${at.host} did not answer with 200: ${String(last)}.`);
}

/** As a program asks, which waits for the answer, where a browser would get a page. */
function statusOf({ port, host }: { port: number; host: string }): Promise<number | string> {
  return new Promise((resolve) => {
    const headers = { host, accept: '*/*' };
    const sent = request({ port, host: '127.0.0.1', headers, agent: false }, (response) => {
      response.resume().once('close', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', ({ message }) => resolve(message)).end();
  });
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
