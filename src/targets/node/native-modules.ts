import { VitrineError } from '../../shared/errors.js';
import type { ProgramSettings } from '../target.js';
import type { Build, BuildFile, Runtime } from './runner.js';

type Platform = Pick<Runtime, 'os' | 'arch' | 'libc'>;

/** https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html: the machines that Node is built for. */
const MACHINES: Readonly<Record<number, string>> = {
  0x03: 'ia32',
  0x15: 'ppc64',
  0x16: 's390x',
  0x28: 'arm',
  0x3e: 'x64',
  0xb7: 'arm64',
  0xf3: 'riscv64',
};

/** What a native module was built for; null when it is no format that is known. */
export function platformOfBinary(bytes: Buffer): Platform | null {
  if (bytes.length < 20) return null;
  const magic = bytes.readUInt32BE(0);
  if (magic === 0x7f454c46) {
    const machine = bytes[5] === 2 ? bytes.readUInt16BE(18) : bytes.readUInt16LE(18);
    return { os: 'linux', arch: MACHINES[machine] ?? 'unknown', libc: libcOf(bytes) };
  }
  // Mach-O, of one processor in either byte order, or of several.
  if ([0xcffaedfe, 0xfeedfacf, 0xcafebabe].includes(magic))
    return { os: 'darwin', arch: machoArch(bytes, magic), libc: null };
  if (bytes.readUInt16BE(0) === 0x4d5a) return { os: 'win32', arch: 'unknown', libc: null };
  return null;
}

function machoArch(bytes: Buffer, magic: number): string {
  if (magic !== 0xcffaedfe) return 'unknown';
  const cpu = bytes.readUInt32LE(4);
  return cpu === 0x0100000c ? 'arm64' : cpu === 0x01000007 ? 'x64' : 'unknown';
}

/** By the names that it asks the linker for. One that asks for neither fits both. */
function libcOf(bytes: Buffer): Platform['libc'] {
  if (bytes.includes('libc.musl-') || bytes.includes('ld-musl-')) return 'musl';
  return bytes.includes('GLIBC_2.') ? 'glibc' : null;
}

function fits(built: Platform, { os, arch, libc }: Platform): boolean {
  const sameLibc = built.libc === null || libc === null || built.libc === libc;
  return built.os === os && (built.arch === arch || built.arch === 'unknown') && sameLibc;
}

/** The versions of the interface of Node that modules without Node-API are built for: https://github.com/nodejs/node/blob/main/doc/abi_version_registry.json */
const INTERFACES: Readonly<Record<number, number>> = {
  93: 16,
  108: 18,
  111: 19,
  115: 20,
  120: 21,
  127: 22,
  131: 23,
  137: 24,
  141: 25,
};

/** The major version of Node that a native module needs; `any` where it uses Node-API, and null where it does not say. */
export function nodeOfBinary(bytes: Buffer): number | 'any' | null {
  if (bytes.includes('napi_register_module_v') || bytes.includes('napi_module_register')) return 'any';
  const at = bytes.indexOf(REGISTERS);
  if (at < 0) return bytes.includes('node_module_register') ? null : 'any';
  const version = parseInt(bytes.toString('latin1', at + REGISTERS.length, at + REGISTERS.length + 4), 10);
  return INTERFACES[version] ?? null;
}

const REGISTERS = 'node_register_module_v';

/** What native modules must fit. */
export interface Fitting {
  readonly runtime: Runtime;
  /** The machine that installed them. */
  readonly builtOn?: ProgramSettings['builtOn'];
}

/** Throws `unprocessable` when a package of the build has native modules, and none of them is for this platform and this Node. */
export async function requireNativeModules(build: Build, fitting: Fitting): Promise<void> {
  const families = new Map<string, BuildFile[]>();
  for (const file of build.files.filter(({ path }) => path.endsWith('.node')))
    families.set(familyOf(file.path), [...(families.get(familyOf(file.path)) ?? []), file]);
  for (const files of families.values()) {
    const problem = await misfit(build, { ...fitting, files });
    if (problem !== null) throw new VitrineError('unprocessable', problem);
  }
}

interface Family extends Fitting {
  readonly files: readonly BuildFile[];
}

async function misfit(build: Build, { files, runtime, builtOn }: Family): Promise<string | null> {
  let first: string | null = null;
  const major = parseInt(runtime.node, 10);
  for (const file of files) {
    const bytes = await bytesOf(build, file);
    const built = platformOfBinary(bytes);
    if (built === null) return null;
    if (!fits(built, runtime)) {
      first ??= `${file.path} was built for ${described(built)}, and this server runs programs on ${described(runtime)}. Build on the same platform (runs-on of the workflow), or add the package for it.`;
      continue;
    }
    const node = nodeOfBinary(bytes) ?? builtOn?.nodeMajor ?? 'any';
    if (node === 'any' || node === major) return null;
    // Of the right platform, so this says more than another one.
    first = `${file.path} was built for Node ${String(node)}, and the program gets Node ${String(major)}. Install the packages with Node ${String(major)} (actions/setup-node), or name Node ${String(node)} in engines.node of package.json.`;
  }
  return first;
}

async function bytesOf(build: Build, file: BuildFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of build.read(file)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function described({ os, arch, libc }: Platform): string {
  return [os, arch, libc].filter((part) => part !== null && part !== 'unknown').join(' ');
}

const PLATFORM_WORDS =
  /[-_.](linux|darwin|win32|android|freebsd|x64|ia32|arm64|arm|armv7|ppc64|s390x|riscv64|gnu|musl|gnueabihf|musleabihf|msvc|eabi|glibc)(?=[-_./]|$)/g;

/** Packages that bring one module a platform are one: `@next/swc-linux-x64-gnu` and `@next/swc-linux-x64-musl` are both `@next/swc`. */
function familyOf(path: string): string {
  const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? '';
  return folder.replace(PLATFORM_WORDS, '');
}
