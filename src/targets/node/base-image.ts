import { intersects, satisfies, validRange } from 'semver';
import { isFinal, isVitrineError, VitrineError } from '../../shared/errors.js';
import type { ContainerEngine, EngineImage } from '../docker/engine.js';
import type { ProgramSettings, Run } from '../target.js';
import type { Runtime } from './runner.js';

/** The versions of Node that programs in containers get: those with long-term support. The last one is the newest. */
const OFFERED = [20, 22, 24] as const;
const NEWEST = OFFERED[OFFERED.length - 1] ?? 0;

/** The newest of them that a range of `engines.node` allows. Without one, that of the machine which installed the packages. */
export function chooseNode(range: string | null, builtOn?: ProgramSettings['builtOn']): number {
  if (range === null || validRange(range) === null)
    return OFFERED.find((major) => major === builtOn?.nodeMajor) ?? NEWEST;
  const found = OFFERED.findLast((major) => intersects(range, `^${String(major)}`));
  if (found !== undefined) return found;
  throw new VitrineError(
    'unprocessable',
    `package.json asks for Node ${range.slice(0, 100)} (engines.node, or the input "node-version"), and this server has ${inWords(OFFERED)}. Widen the range, or build an image with a Dockerfile for the target "docker".`,
  );
}

function inWords(majors: readonly number[]): string {
  return `Node ${majors.slice(0, -1).join(', ')} and ${String(majors.at(-1))}`;
}

/** What stands for the version in the name that the operator gives. */
export const VERSION_MARK = '{version}';

export function baseReference(template: string, major: number): string {
  return template.replaceAll(VERSION_MARK, String(major));
}

/** The base image, pulled where the engine does not have it. It stays for the next preview. */
export async function ensureBase(
  engine: Pick<ContainerEngine, 'image' | 'pullImage'>,
  reference: string,
  run: Pick<Run, 'log' | 'signal'>,
): Promise<EngineImage> {
  const there = await engine.image(reference);
  if (there) return there;
  run.log(`Pulling ${reference}, the base image of this program.`);
  const pull = { reference, auth: null, signal: run.signal, onProgress: run.log };
  await engine.pullImage(pull).catch((error: unknown) => {
    if (!isVitrineError(error)) throw error;
    const code = isFinal(error) ? 'unprocessable' : 'unavailable';
    throw new VitrineError(code, `${error.message} ${MEND_BASE}`, { cause: error });
  });
  const base = await engine.image(reference);
  if (base) return base;
  throw new VitrineError('unavailable', `The engine does not have ${reference} after it pulled it.`);
}

const MEND_BASE =
  'It is the base image of Node programs: the operator of this server can put it into the engine with "docker pull", or name another one with NODE_IMAGE.';

/** What Node calls the processors that the engine names as Go does. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  amd64: 'x64',
  '386': 'ia32',
  ppc64le: 'ppc64',
};

/** How the C library musl names them, in the name of its linker. */
const MUSL: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  arm: 'armhf',
  ia32: 'i386',
  ppc64: 'powerpc64le',
};

export function architectureOf({ architecture }: Pick<EngineImage, 'architecture'>): string {
  return ARCHITECTURES[architecture] ?? architecture;
}

/** A file that images with musl have, and others have not. */
export function muslLinker(arch: string): string {
  return `/lib/ld-musl-${MUSL[arch] ?? arch}.so.1`;
}

/** What programs run on in a container of the image. */
export function runtimeOf(
  base: EngineImage,
  { major, hasMusl }: { readonly major: number; readonly hasMusl: boolean },
): Runtime {
  return {
    node: variableOf(base, 'NODE_VERSION') ?? String(major),
    os: base.os,
    arch: architectureOf(base),
    libc: hasMusl ? 'musl' : 'glibc',
  };
}

export function variableOf({ env }: Pick<EngineImage, 'env'>, name: string): string | null {
  const start = `${name}=`;
  return env.find((one) => one.startsWith(start))?.slice(start.length) ?? null;
}

/** A range such as `20.1.0` names a version of which the engine has a newer one. */
export function tellVersion(range: string | null, { node }: Runtime, { log }: Pick<Run, 'log'>): void {
  if (range === null || validRange(range) === null || !/^\d+\.\d+\.\d+$/.test(node)) return;
  if (!satisfies(node, range)) log(`package.json asks for Node ${range}; the base image has Node ${node}.`);
}
