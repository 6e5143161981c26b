import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fetchLibraries } from './private-libraries.js';

/** How to start Node so that the engine loads: the program and the arguments before the script. */
export type NodeCommand = { readonly command: string; readonly args: readonly string[] };

type GlibcOptions = {
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  readonly version?: string | undefined;
};

/** Which release of the same distribution has a C library that is new enough. */
const NEWER_RELEASE: Readonly<Record<string, string>> = { debian: 'trixie', ubuntu: 'noble' };

type Platform = { readonly triplet: string; readonly loader: string };

/** Debian's names for an architecture: the folder of its libraries and the program that loads them. */
const PLATFORMS: Readonly<Record<string, Platform>> = {
  x64: { triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};

/**
 * Finds a Node that can load the engine. Where the machine's C library is too old, a newer one is unpacked into a
 * private folder and Node is started through its loader; nothing is installed and no other program notices.
 */
export async function nodeForEngine(options: GlibcOptions): Promise<NodeCommand> {
  if (process.platform === 'darwin' && process.arch === 'arm64') return plainNode();
  const platform = PLATFORMS[process.arch];
  if (process.platform !== 'linux' || !platform) {
    throw new Error(`the engine has no build for ${process.platform} ${process.arch}`);
  }
  const version = options.version ?? glibcVersion();
  if (!version) throw new Error('the engine needs glibc, and this system has another C library');
  if (isAtLeast(version, GLIBC_NEEDED)) return plainNode();
  return newerNode({ ...platform, ...options, version }).catch((cause: Error) => {
    const reason = `the engine needs glibc ${GLIBC_NEEDED}, this system has ${version}, and a newer one cannot be had`;
    throw new Error(`${reason}: ${cause.message}`, { cause });
  });
}

type OldSystem = GlibcOptions & Platform & { readonly version: string };

async function newerNode({ triplet, loader, env, log, version }: OldSystem): Promise<NodeCommand> {
  const release = releaseOf(await readFile('/etc/os-release', 'utf8'));
  const wanted = NEWER_RELEASE[release.id];
  if (!wanted) throw new Error(`on ${release.id || 'this system'} there is no known place to get it from`);
  const folder = join(cacheFolder(env), `glibc-${wanted}`);
  if (!existsSync(join(folder, loader))) {
    log(`database: this system has glibc ${version}; fetching ${wanted}'s into ${folder}, once`);
    const suite = { own: release.codename, wanted };
    await fetchLibraries({ folder, triplet, loader, suite, aptFolder: '/etc/apt', env });
  }
  return { command: join(folder, loader), args: ['--library-path', folder, process.execPath] };
}

/** The distribution and its code name, from the text of /etc/os-release. */
export function releaseOf(text: string): { id: string; codename: string } {
  const value = (name: string): string => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return { id: value('ID'), codename: value('VERSION_CODENAME') };
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'vitrine');
}

function plainNode(): NodeCommand {
  return { command: process.execPath, args: [] };
}

/** The oldest C library the engine package was linked for. */
const GLIBC_NEEDED = '2.38';

/** The C library this process runs on; undefined off Linux and on musl. */
function glibcVersion(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  // Without this the report asks the name of every open connection's other side, which can take seconds.
  Object.assign(process.report, { excludeNetwork: true });
  return runtimeVersion(process.report.getReport());
}

/** Reads the version out of Node's diagnostic report. */
export function runtimeVersion(report: unknown): string | undefined {
  const header = property(report, 'header');
  const version = property(header, 'glibcVersionRuntime');
  return typeof version === 'string' && version !== '' ? version : undefined;
}

/** Compares `major.minor` as numbers: 2.9 is older than 2.38. */
export function isAtLeast(version: string, needed: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Record<string, unknown>)[name];
}
