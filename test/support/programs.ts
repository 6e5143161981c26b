import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProcessRunner } from '../../app/runners/process/process-runner.js';
import { findTools, type Tools } from '../../app/runners/process/sandbox.js';
import type { Build, ProgramOrder, ProgramRunner } from '../../src/targets/node/runner.js';
import { ROOT } from './architecture/read-sources.js';

export const SUPERVISOR = join(ROOT, 'build/app/runners/process/supervisor.js');

/** A build of these files. */
export function buildOf(files: Readonly<Record<string, string | Buffer>>): Build {
  const contents = new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));
  return {
    files: [...contents].map(([path, content]) => ({
      path,
      size: content.length,
      hash: createHash('sha256').update(content).digest('hex'),
    })),
    async *read({ path }) {
      yield contents.get(path) ?? Buffer.alloc(0);
    },
  };
}

/** A server in one file. `answer` is an expression that its answers show. */
export function serverOf(answer: string, first = ''): string {
  return `${first}
    require('node:http')
      .createServer((request, response) => response.end(String(${answer})))
      .listen(Number(process.env.PORT), process.env.HOST);`;
}

/** Programs outlive their server: a test ends them before it removes the directory that names them. */
export async function endProgramsIn(dataDir: string): Promise<void> {
  const runner = createProcessRunner({ dataDir, supervisor: SUPERVISOR, politeMs: 1_000 });
  for await (const id of runner.list()) await runner.remove(id);
}

export interface ProgramGround extends AsyncDisposable {
  readonly dataDir: string;
  readonly runner: ProgramRunner;
  /** As another server over the same directory, or one that was started again. */
  another(): ProgramRunner;
  order(changes?: Partial<ProgramOrder>): ProgramOrder;
}

/** A real runner in a directory of its own. What it started ends with the test. */
export async function openProgramGround(tools: () => Promise<Tools> = findTools): Promise<ProgramGround> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-programs-'));
  const another = () => createProcessRunner({ dataDir, supervisor: SUPERVISOR, tools, politeMs: 1_000 });
  const runner = another();
  return {
    dataDir,
    runner,
    another,
    order: (changes = {}) => ({
      ...{
        slug: 'pr-1-hello',
        generation: 1,
        deploymentId: 'd1',
        version: '1',
        command: ['node', 'server.js'],
      },
      ...{ build: buildOf({ 'server.js': serverOf("'hello'") }), environment: {}, healthPath: '/' },
      runtime: { node: process.versions.node, os: process.platform, arch: process.arch, libc: null },
      ...{ memoryBytes: 512 * 1024 ** 2, cpus: 0.5, log: () => undefined, destroyed: null },
      ...changes,
    }),
    async [Symbol.asyncDispose]() {
      await endProgramsIn(dataDir);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
