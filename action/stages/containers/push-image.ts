import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Job } from '../job.js';
import { createEngine, type Engine, lastLine } from './engine.js';

/** The registry of the server, and how this run may push there. */
export interface Registry {
  readonly host: string;
  /** A token that is valid now: a build can take longer than one lives. */
  readonly token: () => Promise<string>;
}

const ATTEMPTS = 3;
const PAUSE_MS = 2_000;

/**
 * Pushes an image of the local engine, of which the registry gets only the layers that it lacks. Answers the digest that it has there. A
 * push that breaks off is continued.
 */
export async function pushImage(job: Job, registry: Registry, name: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await loggedIn(job, registry, (engine) => push(engine, name));
    } catch (error) {
      if (!(error instanceof BrokenPush) || attempt === ATTEMPTS) throw error;
      job.log(`${error.message} Trying again.`, 'warning');
      await job.world.sleep(PAUSE_MS * attempt, job.signal);
    }
  }
}

/** Worth another try: the network, an expired token, a server that starts anew. */
class BrokenPush extends VitrineError {}

async function push(engine: Engine, name: string): Promise<string> {
  const lines = await engine
    .run(['push', name], { explain: (all) => `The image could not be pushed: ${lastLine(all)}` })
    .catch((error: unknown) => {
      throw error instanceof VitrineError ? new BrokenPush(error.code, error.message) : error;
    });
  const told = lines.map((line) => /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(line)?.[1]);
  return told.findLast((digest) => digest !== undefined) ?? (await inspectedDigest(engine, name));
}

async function inspectedDigest(engine: Engine, name: string): Promise<string> {
  const repository = name.slice(0, name.lastIndexOf(':'));
  const format = '{{range .RepoDigests}}{{println .}}{{end}}';
  const digests = (await engine.read(['image', 'inspect', '--format', format, name])) ?? '';
  const own = digests.split('\n').find((line) => line.startsWith(`${repository}@sha256:`));
  if (own !== undefined) return own.slice(repository.length + 1).trim();
  throw new VitrineError(
    'unprocessable',
    'Docker does not say which digest the pushed image has: update Docker.',
  );
}

/** Logs in with a configuration of its own: that of the runner may belong to other jobs and keeps what it is told. */
async function loggedIn<T>(
  job: Job,
  { host, token }: Registry,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(job.world.env['RUNNER_TEMP'] || tmpdir(), 'vitrine-docker-'));
  try {
    // With an entry there, Docker looks for no other place that could keep the password.
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: {} } }), { mode: 0o600 });
    const password = await token();
    const secretive = { ...job, output: (line: string) => job.output(line.replaceAll(password, '***')) };
    const engine = createEngine(secretive, { ...(await sameEngine(job)), DOCKER_CONFIG: folder });
    await engine.run(['login', host, '--username', 'run', '--password-stdin'], {
      input: password,
      explain: (lines) => loginProblem(host, lines),
    });
    return await work(engine);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The configuration of the runner may name another engine than the usual one. */
async function sameEngine(job: Job): Promise<Record<string, string>> {
  if (job.world.env['DOCKER_HOST']) return {};
  const format = '{{.Endpoints.docker.Host}}';
  const host = (await createEngine(job).read(['context', 'inspect', '--format', format]))?.trim();
  return host ? { DOCKER_HOST: host } : {};
}

function loginProblem(host: string, lines: readonly string[]): string {
  const problem = `Docker could not log in to the registry ${host}: ${lastLine(lines)}`;
  if (!lines.some((line) => line.includes('server gave HTTP response to HTTPS client'))) return problem;
  return `${problem} The server speaks plain HTTP, which Docker accepts from 127.0.0.0/8 only: give the server a certificate, so that its PUBLIC_URL begins with https, or name ${host} under "insecure-registries" in the configuration of this engine.`;
}
