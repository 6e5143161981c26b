import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { appKey } from './run-keys.js';
import { testDatabase } from './test-database.js';

const MAIN = fileURLToPath(new URL('../../build/app/main.js', import.meta.url));
export const SECRET = 'a webhook secret of the tests';

export interface Running {
  readonly child: ChildProcess;
  /** How it ended, and all that it printed. */
  readonly ended: Promise<{ code: number | null; output: string }>;
  /** Waits until it has printed something like this, and answers the first group. */
  said(pattern: RegExp): Promise<string>;
}

/** The compiled program as a child process, in a folder and with a database of its own. */
export async function mainFixture() {
  const directory = await mkdtemp(join(tmpdir(), 'vitrine-main-'));
  const database = testDatabase();
  const children: ChildProcess[] = [];
  return {
    directory,
    database,
    credentials: {
      APP_ID: '1',
      PRIVATE_KEY: appKey(),
      WEBHOOK_SECRET: SECRET,
      MONGODB_URI: database.uri,
      PORT: '0',
    },
    run(env: Readonly<Record<string, string>>, args: readonly string[] = []): Running {
      const PATH = process.env['PATH'] ?? '';
      const child = spawn(process.execPath, [MAIN, ...args], { cwd: directory, env: { PATH, ...env } });
      children.push(child);
      return watch(child);
    },
    async close() {
      for (const child of children) child.kill('SIGKILL');
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export type MainFixture = Awaited<ReturnType<typeof mainFixture>>;

function watch(child: ChildProcess): Running {
  let output = '';
  let over = false;
  const keep = (chunk: Buffer) => void (output += chunk.toString());
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = once(child, 'close').then(([code]) => {
    over = true;
    return { code: code as number | null, output };
  });
  return {
    child,
    ended,
    async said(pattern) {
      while (!pattern.test(output)) {
        if (over) throw new Error(`It ended before it said ${String(pattern)}: ${output}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return pattern.exec(output)?.[1] ?? '';
    },
  };
}
