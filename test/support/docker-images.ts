import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { test } from '@jest/globals';
import { findEngine } from '../../app/engine/address.js';
import { createDockerEngine } from '../../app/engine/docker-engine.js';
import type { ContainerEngine } from '../../src/targets/docker/engine.js';
import type { Program } from './fake-engine.js';

/** Suites that need a real engine are skipped without one: CONTRIBUTING.md says how to start one for them. */
export const testWithDocker = process.env['DOCKER_HOST'] === undefined ? test.skip : test;
export const hasDocker = process.env['DOCKER_HOST'] !== undefined;

/**
 * What attacks its machine, or kills engines, runs in the network namespace of a throw-away engine only, which has no network but its own:
 * CONTRIBUTING.md says how to start one.
 */
export const isThrownAway =
  hasDocker && Object.keys(networkInterfaces()).every((name) => /^(lo|docker\d|br-|veth)/.test(name));

export function realEngine(): ContainerEngine {
  const found = findEngine(process.env['DOCKER_HOST']);
  if ('missing' in found) throw new Error(found.missing);
  return createDockerEngine(found.address);
}

const run = promisify(execFile);

export async function docker(...args: readonly string[]): Promise<string> {
  return (await run('docker', args, { maxBuffer: 16 * 1024 ** 2 })).stdout.trim();
}

/** Of all images, each once. The engine lists them in no order of their own. */
export async function imageIds(): Promise<readonly string[]> {
  const listed = await docker('images', '--all', '--quiet');
  return [...new Set(listed.split('\n'))].sort();
}

const SCRIPTS = {
  serve:
    'echo "serving $1"; mkdir -p /tmp/www; echo "<h1>$1</h1>" >/tmp/www/index.html; exec httpd -f -p "0.0.0.0:$PORT" -h /tmp/www',
  'serve-at':
    'mkdir -p /tmp/www; echo "<h1>$2</h1>" >/tmp/www/index.html; exec httpd -f -p "0.0.0.0:$1" -h /tmp/www',
  'serve-file':
    'mkdir -p /tmp/www; cp "$1" /tmp/www/index.html; exec httpd -f -p "0.0.0.0:$PORT" -h /tmp/www',
  tell: 'eval "echo \\$$1"; mkdir -p /tmp/www; echo "<h1>$1</h1>" >/tmp/www/index.html; exec httpd -f -p "0.0.0.0:$PORT" -h /tmp/www',
  fail: 'echo "$2" >&2; exit "$1"',
  wait: 'trap "exit 0" TERM; echo "$1"; while :; do sleep 0.1; done',
  say: 'echo "$1 $(env | sed -n "s/^$2=//p")"',
  print:
    'for n in $(seq "$1"); do if [ $((n % 2)) = 1 ]; then echo "line $n"; else echo "line $n" >&2; fi; done; exec sleep 1000',
} satisfies Record<Exclude<Program[0], 'no-such-command'>, string>;

const BASE = 'vitrine-test-programs';

/** The programs of `Program` for a real engine: busybox and a script each. */
async function buildBase(): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'vitrine-programs-'));
  const busybox = (await run('sh', ['-c', 'command -v busybox'])).stdout.trim();
  await copyFile(busybox, join(context, 'busybox'));
  await mkdir(join(context, 'scripts'));
  for (const [name, script] of Object.entries(SCRIPTS)) {
    await writeFile(join(context, 'scripts', name), `#!/bin/sh\n${script}\n`);
    await chmod(join(context, 'scripts', name), 0o755);
  }
  await writeFile(
    join(context, 'Dockerfile'),
    'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\nRUN mkdir /srv\nCOPY scripts /bin/\n',
  );
  await docker('build', '--quiet', '--tag', BASE, context);
  await rm(context, { recursive: true, force: true });
}

/** A folder of this machine, and what is said of it, on top of the programs of the tests. */
export async function buildImage(
  tag: string,
  { tree, lines }: { readonly tree: string; readonly lines: readonly string[] },
): Promise<void> {
  await (base ??= buildBase());
  const context = await mkdtemp(join(tmpdir(), 'vitrine-image-'));
  await writeFile(join(context, 'Dockerfile'), [`FROM ${BASE}`, 'COPY tree /', ...lines].join('\n'));
  await cp(tree, join(context, 'tree'), { recursive: true, verbatimSymlinks: true });
  await docker('build', '--quiet', '--tag', tag, context);
  await rm(context, { recursive: true, force: true });
}

let base: Promise<void> | undefined;

/** An image of the engine that does this. */
export async function dockerImage(program: Program, more: readonly string[] = []): Promise<string> {
  await (base ??= buildBase());
  const lines = [`FROM ${BASE}`, ...more, `CMD ${JSON.stringify(program)}`];
  const tag = `vitrine-test:${createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 20)}`;
  const context = await mkdtemp(join(tmpdir(), 'vitrine-program-'));
  await writeFile(join(context, 'Dockerfile'), lines.join('\n'));
  await docker('build', '--quiet', '--tag', tag, context);
  await rm(context, { recursive: true, force: true });
  return tag;
}

/** The Node of this process, and what its linker loads, as a base image of that name. Engines of tests can pull none. */
export async function importNode(reference: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-node-'));
  const { stdout } = await run('ldd', [process.execPath]);
  const libraries = stdout.match(/\/\S+(?= \(0x)/g) ?? [];
  await mkdir(join(folder, 'usr/local/bin'), { recursive: true });
  await copyFile(process.execPath, join(folder, 'usr/local/bin/node'));
  for (const library of libraries) {
    await mkdir(dirname(join(folder, library)), { recursive: true });
    await copyFile(await realpath(library), join(folder, library));
  }
  const archive = `${folder}.tar`;
  await run('tar', ['--create', '--file', archive, '--directory', folder, '.']);
  const changes = ['PATH=/usr/local/bin:/usr/bin:/bin', `NODE_VERSION=${process.versions.node}`];
  await docker('import', ...changes.map((change) => `--change=ENV ${change}`), archive, reference);
  await rm(folder, { recursive: true, force: true });
  await rm(archive, { force: true });
}

const registryOf = (url: string) => `127.0.0.1:${new URL(url).port}`;

/** What a run does with the engine of its runner: it builds the image and pushes it. Answers its digest. */
export async function pushByDocker(
  program: Program,
  to: { readonly url: string; readonly repository: string; readonly token: string },
): Promise<string> {
  const host = registryOf(to.url);
  const name = `${host}/${to.repository}:preview`;
  await docker('tag', await dockerImage(program, ['EXPOSE 3000']), name);
  await docker('login', host, '--username', 'run', '--password', to.token);
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(await docker('push', name))?.[1];
  await docker('rmi', name);
  if (digest === undefined) throw new Error(`The push of ${name} answered no digest.`);
  return digest;
}

interface Made {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

const LABEL = 'vitrine.server';
const isLabelled = ({ labels }: Made) => labels[LABEL] !== undefined;

/** What servers of this program made in the engine, in the order in which it can be removed. */
async function madeIn(engine: ContainerEngine) {
  return {
    containers: (await engine.containers({})).filter(isLabelled),
    networks: (await engine.networks()).filter(isLabelled),
    images: await engine.images({ 'vitrine.role': 'image' }),
    volumes: (await engine.volumes({})).map(({ name, labels }) => ({ id: name, labels })).filter(isLabelled),
  };
}

/** A developer's engine may run a server of this program: what was there before the tests is not theirs. */
const before = hasDocker ? Object.values(await madeIn(realEngine())).flat() : [];
const theirs = new Set(before.map(({ id }) => id));

/** Removes what a test left in the engine. */
export async function emptyEngine(engine: ContainerEngine): Promise<void> {
  const { containers, networks, images, volumes } = await madeIn(engine);
  for (const { id } of containers.filter(isOfTests)) await engine.removeContainer(id);
  for (const { id } of networks.filter(isOfTests)) await engine.removeNetwork(id);
  for (const { id } of images.filter(isOfTests)) await engine.removeImage(id);
  for (const { id } of volumes.filter(isOfTests)) await engine.removeVolume(id);
}

function isOfTests({ id }: Pick<Made, 'id'>): boolean {
  return !theirs.has(id);
}
