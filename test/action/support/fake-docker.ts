import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workspace } from './workspace.js';

/** One call of the program. */
export interface DockerCall {
  readonly args: readonly string[];
  readonly input: string;
  readonly env: Readonly<Record<string, string>>;
  /** The configuration that it was given, if it had one of its own. */
  readonly config: string | null;
}

/** What the program answers to a command line that begins so. The first one counts, and each that is used up goes. */
export interface DockerAnswer {
  readonly to: string;
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** How often; always unless given. */
  readonly times?: number;
}

export interface FakeDocker {
  /** For the run: its PATH begins with the program. */
  readonly env: Readonly<Record<string, string>>;
  calls(): Promise<readonly DockerCall[]>;
}

export const PUSHED = `sha256:${'a'.repeat(64)}`;

const USUAL: readonly DockerAnswer[] = [
  { to: 'image inspect', code: 1, stderr: 'No such image' },
  { to: 'context inspect', stdout: 'unix:///var/run/other.sock' },
  { to: 'push', stdout: `1234567: digest: ${PUSHED} size: 528` },
];

/** Writes down each call and answers as it is told. What the real program does is shown by `docker.test.ts`. */
const PROGRAM = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const folder = __dirname;
const args = process.argv.slice(2);
const input = args.includes('--password-stdin') ? readFileSync(0, 'utf8') : '';
const config = process.env.DOCKER_CONFIG ? join(process.env.DOCKER_CONFIG, 'config.json') : '';
const call = { args, input, env: { ...process.env }, config: existsSync(config) ? readFileSync(config, 'utf8') : null };
appendFileSync(join(folder, 'calls'), JSON.stringify(call) + '\\n');
const answers = JSON.parse(readFileSync(join(folder, 'answers'), 'utf8'));
const found = answers.find(({ to, times }) => args.join(' ').startsWith(to) && times !== 0);
if (found?.times !== undefined) found.times -= 1;
writeFileSync(join(folder, 'answers'), JSON.stringify(answers));
if (found?.stdout) process.stdout.write(found.stdout + '\\n');
if (found?.stderr) process.stderr.write(found.stderr + '\\n');
process.exitCode = found?.code ?? 0;
`;

export async function fakeDocker(
  { root }: Workspace,
  answers: readonly DockerAnswer[] = [],
): Promise<FakeDocker> {
  const folder = join(root, 'bin');
  await mkdir(folder);
  await writeFile(join(folder, 'answers'), JSON.stringify([...answers, ...USUAL]));
  await writeFile(join(folder, 'docker'), PROGRAM);
  await chmod(join(folder, 'docker'), 0o755);
  return {
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, RUNNER_TEMP: root },
    async calls() {
      const text = await readFile(join(folder, 'calls'), 'utf8').catch(() => '');
      return text.split('\n').flatMap((line) => (line ? [JSON.parse(line) as DockerCall] : []));
    },
  };
}
