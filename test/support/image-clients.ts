import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { writeImage } from '../../bench/registry/image.js';

const run = promisify(execFile);

/** Where a client pushes to and pulls from. */
export interface Place {
  readonly host: string;
  readonly repository: string;
  readonly token: string;
  /** A folder for what the client keeps. */
  readonly folder: string;
}

/** A program that people push and pull images with. */
export interface ImageClient {
  /** Builds and pushes an image with a layer for each file, and answers its digest. Files that did not change are layers that did not. */
  push(tag: string, files: ImageFiles): Promise<string>;
  /** Pulls by digest, with nothing left of what was pushed, and answers the digest of what it has then. */
  pull(digest: string): Promise<string>;
  close(): Promise<void>;
}

export type ImageFiles = ReadonlyMap<string, Buffer>;

type OpenClient = (place: Place) => Promise<ImageClient>;

export const IMAGE_CLIENTS: Readonly<Record<'docker' | 'skopeo' | 'buildah', OpenClient>> = {
  docker: openDocker,
  skopeo: openSkopeo,
  buildah: openBuildah,
};

export function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Caches of where blobs are would be those of all projects on this machine, so each client has a home of its own. */
function runnerIn({ folder }: Place) {
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder };
  return async (program: string, args: readonly string[]) =>
    (await run(program, args, { env, maxBuffer: 16 * 1024 ** 2 })).stdout.trim();
}

async function writeFiles(folder: string, files: ImageFiles): Promise<void> {
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
}

async function openDocker(place: Place): Promise<ImageClient> {
  const docker = async (...args: string[]) =>
    (await run('docker', args, { maxBuffer: 16 * 1024 ** 2 })).stdout;
  const image = `${place.host}/${place.repository}`;
  const tags = new Set<string>();
  const forget = async () => {
    // By name: the engine may be that of a developer.
    if (tags.size > 0) await docker('image', 'rm', '--force', ...tags);
    tags.clear();
  };
  await docker('login', place.host, '--username', 'run', '--password', place.token);
  return {
    async push(tag, files) {
      const context = await mkdtemp(join(place.folder, 'context-'));
      await writeFiles(context, files);
      const lines = ['FROM scratch', ...[...files.keys()].map((name) => `COPY ${name} /`)];
      await writeFile(join(context, 'Dockerfile'), lines.join('\n'));
      tags.add(`${image}:${tag}`);
      await docker('build', '--quiet', '--tag', `${image}:${tag}`, context);
      await rm(context, { recursive: true });
      const said = await docker('push', `${image}:${tag}`);
      const digest = /digest: (sha256:[0-9a-f]{64})/.exec(said)?.[1];
      if (digest === undefined) throw new Error(`The push answered no digest: ${said}`);
      return digest;
    },
    async pull(digest) {
      await forget();
      tags.add(`${image}@${digest}`);
      await docker('pull', '--quiet', `${image}@${digest}`);
      const format = '{{index .RepoDigests 0}}';
      const has = await docker('image', 'inspect', `${image}@${digest}`, '--format', format);
      return has.trim().split('@')[1] ?? '';
    },
    async close() {
      await forget();
      await docker('logout', place.host);
    },
  };
}

async function openSkopeo(place: Place): Promise<ImageClient> {
  const runIn = runnerIn(place);
  const address = `docker://${place.host}/${place.repository}`;
  const creds = `run:${place.token}`;
  const copy = (from: string, to: string) => {
    const side = to.startsWith('docker:') ? 'dest' : 'src';
    const access = [`--${side}-tls-verify=false`, `--${side}-creds=${creds}`];
    return runIn('skopeo', [
      '--insecure-policy',
      'copy',
      '--quiet',
      '--preserve-digests',
      ...access,
      from,
      to,
    ]);
  };
  return {
    async push(tag, files) {
      const folder = join(place.folder, `image-${tag}`);
      const { digest } = await writeImage(folder, [...files.values()]);
      await copy(`dir:${folder}`, `${address}:${tag}`);
      await rm(folder, { recursive: true });
      return digest;
    },
    async pull(digest) {
      const folder = await mkdtemp(join(place.folder, 'back-'));
      await copy(`${address}@${digest}`, `dir:${folder}`);
      await checkBlobs(folder);
      return `sha256:${hashOf(await readFile(join(folder, 'manifest.json')))}`;
    },
    close: async () => undefined,
  };
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Files of an image folder are called by their hashes. */
async function checkBlobs(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const isBlob = /^[0-9a-f]{64}$/.test(name);
    if (isBlob && hashOf(await readFile(join(folder, name))) !== name)
      throw new Error(`The blob ${name} came back changed.`);
  }
}

async function openBuildah(place: Place): Promise<ImageClient> {
  const runIn = runnerIn(place);
  const policy = join(place.folder, 'policy.json');
  await writeFile(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  // The driver that needs nothing of the machine: it copies.
  const storage = ['--root', join(place.folder, 'root'), '--runroot', join(place.folder, 'run')];
  const buildah = (...args: string[]) => runIn('buildah', [...storage, '--storage-driver', 'vfs', ...args]);
  const access = [
    '--quiet',
    '--tls-verify=false',
    `--creds=run:${place.token}`,
    '--signature-policy',
    policy,
  ];
  const address = `docker://${place.host}/${place.repository}`;
  const built = new Map<string, string>();
  /** An image with one more layer. The same file on the same image is the same layer. */
  const add = async (base: string, file: string, bytes: Buffer) => {
    const key = `${base} ${hashOf(bytes)}`;
    const known = built.get(key);
    if (known !== undefined) return known;
    const container = await buildah('from', '--signature-policy', policy, base);
    const source = join(place.folder, randomBytes(8).toString('hex'));
    await writeFile(source, bytes);
    await buildah('copy', '--quiet', container, source, `/${file}`);
    const image = await buildah('commit', '--quiet', '--rm', '--signature-policy', policy, container);
    await rm(source);
    built.set(key, image);
    return image;
  };
  return {
    async push(tag, files) {
      let image = 'scratch';
      for (const [name, bytes] of files) image = await add(image, name, bytes);
      const told = join(place.folder, 'digest');
      await buildah('push', ...access, '--digestfile', told, image, `${address}:${tag}`);
      return (await readFile(told, 'utf8')).trim();
    },
    async pull(digest) {
      await buildah('rmi', '--all', '--force');
      built.clear();
      await buildah('pull', ...access, `${address}@${digest}`);
      return buildah('images', '--format', '{{.Digest}}');
    },
    close: async () => undefined,
  };
}
