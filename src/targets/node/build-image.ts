import { randomBytes } from 'node:crypto';
import { VitrineError } from '../../shared/errors.js';
import { idleSpec, userIdsOf } from '../docker/container-spec.js';
import type { EngineImage, ImageConfig } from '../docker/engine.js';
import { type ContainerParts, type PreparedImage, type Wanted } from '../docker/kind.js';
import { containerName, imageName, labelsOfHelper, ROLE } from '../docker/resource.js';
import type { Run } from '../target.js';
import * as base from './base-image.js';
import { archiveOf } from './build-archive.js';
import { COMMANDS } from './commands.js';
import { requireNativeModules } from './native-modules.js';
import { NODE_TARGET } from './node.js';
import type { Builds } from './runner.js';
import { type Program, readProgram } from './start-command.js';

export interface NodeContainerParts extends ContainerParts {
  readonly builds: Builds;
  /** The name of the base image, with `{version}` for the version of Node. */
  readonly baseImage: string;
}

/** The folder of the build in its image. */
const FOLDER = 'app';

/** Makes an image of the build of a release. It goes with the container of the deployment. */
export async function buildImage(
  parts: NodeContainerParts,
  wanted: Wanted,
  run: Run,
): Promise<PreparedImage> {
  const { engine, server, baseImage } = parts;
  const { release } = wanted;
  const program = await readProgram(parts.builds, release);
  const major = base.chooseNode(program.range, release.program.builtOn);
  const named = base.baseReference(baseImage, major);
  const found = await base.ensureBase(engine, named, run);
  const reference = imageName(server, release);
  const builder = await createBuilder(parts, { ...wanted, named, base: found });
  try {
    const arch = base.architectureOf(found);
    const hasMusl = await engine.hasFile(builder, base.muslLinker(arch));
    const runtime = base.runtimeOf(found, { major, hasMusl });
    const { builtOn } = release.program;
    await requireNativeModules(program.build, { runtime, ...(builtOn && { builtOn }) });
    base.tellVersion(program.range, runtime, run);
    run.log(`Starts "${program.command.join(' ')}" with Node ${runtime.node}, in a container of ${named}.`);
    const owner = userIdsOf(found, wanted.options) ?? ROOT;
    const tar = archiveOf(program.build, { folder: FOLDER, owner });
    await engine.putArchive(builder, { path: '/', tar, signal: run.signal });
    const config = configOf(parts, { ...wanted, program, base: found });
    await engine.commitContainer(builder, { reference, config, signal: run.signal });
  } finally {
    await engine.removeContainer(builder).catch(() => undefined);
  }
  const image = await engine.image(reference);
  if (image) return { reference, image, keep: false, start: null };
  // Another attempt has replaced it, or a removal was faster.
  throw new VitrineError('not_found', 'The image of the build was removed: try again.');
}

/** With all rights taken from it, it may still read and write its own files. */
const ROOT = { uid: 0, gid: 0 };

interface Based extends Wanted {
  readonly base: EngineImage;
}

/** A container that is never started. Its name is its own: two servers may build at once. */
async function createBuilder(
  { engine, server, limits }: NodeContainerParts,
  { release, named, base: image }: Based & { readonly named: string },
): Promise<string> {
  const labels = labelsOfHelper({ server, target: NODE_TARGET }, { ...release, role: ROLE.build });
  const name = `${containerName(server, release)}-build-${randomBytes(4).toString('hex')}`;
  const { program } = release;
  return engine.createContainer(idleSpec({ name, reference: named, labels, image, program, limits }));
}

/** Every program is told these, and may be told otherwise by variables of the preview. */
const ENVIRONMENT = ['NODE_ENV=production', 'HOST=0.0.0.0'];
const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** The one that programs are told, unless the settings name another. */
const PORT = 3_000;

function configOf(
  { server }: NodeContainerParts,
  { release, program, base: image }: Based & { readonly program: Program },
): ImageConfig {
  const path = base.variableOf(image, 'PATH') ?? USUAL_PATH;
  return {
    Cmd: program.command,
    WorkingDir: `/${FOLDER}`,
    Env: [...ENVIRONMENT, `PATH=/${FOLDER}/${COMMANDS}:${path}`],
    ExposedPorts: { [`${String(PORT)}/tcp`]: {} },
    Labels: labelsOfHelper({ server, target: NODE_TARGET }, { ...release, role: ROLE.image }),
  };
}
