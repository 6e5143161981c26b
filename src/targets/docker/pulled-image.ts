import { VitrineError } from '../../shared/errors.js';
import { healthOf } from '../../shared/health.js';
import type { ImageSource, Release, Run } from '../target.js';
import type { EngineAuth } from './engine.js';
import type { ContainerParts, PreparedImage } from './kind.js';
import { pullsOf, recordPull } from './pull-record.js';
import { LABEL, labelsOfDeployment, labelsOfHealth, type Owner } from './resource.js';

/** How the engine gets at the images that were pushed to this server. */
export interface RegistryLogin {
  /** The host of this server's registry, as the engine reaches it. */
  readonly host: string;
  readonly auth: EngineAuth;
}

export interface DockerParts extends ContainerParts {
  /** May pull the images of this deployment, and for a short time only. */
  readonly registryLogin: (release: Pick<Release, 'deploymentId'>) => Promise<RegistryLogin>;
}

/** The image of a release, as the engine names it. */
interface Named {
  readonly reference: string;
  readonly auth: EngineAuth | null;
  /** Of another registry than this server's. */
  readonly external: boolean;
}

/** The image that the run pushed or named, pulled where the engine does not have it. */
export async function pulledImage(
  parts: DockerParts,
  { release, owner }: { readonly release: Release; readonly owner: Owner },
  run: Run,
): Promise<PreparedImage> {
  const named = await nameOf(parts, release);
  const { reference, external } = named;
  const record = () =>
    recordPull(parts.engine, {
      ...{ server: owner.server, release, image: reference },
      labels: { ...labelsOfDeployment(owner, release), ...labelsOfHealth(healthOf(release.program)) },
    });
  const { image, wasThere } = await ensureImage(parts, { ...named, record }, run);
  const keep = external && wasThere && !(await isOurs(parts, reference));
  return { reference, image, keep, start: release.program.start };
}

async function nameOf({ registryLogin }: DockerParts, { image, deploymentId }: Release): Promise<Named> {
  if (image === null)
    throw new VitrineError('unprocessable', 'There is no image to start: push one, and name its digest.');
  return image.kind === 'external'
    ? externalOf(image)
    : pushedOf(image, await registryLogin({ deploymentId }));
}

function externalOf({ reference, auth }: Extract<ImageSource, { kind: 'external' }>): Named {
  return { reference, auth, external: true };
}

function pushedOf(
  { repository, digest }: Extract<ImageSource, { kind: 'pushed' }>,
  { host, auth }: RegistryLogin,
): Named {
  return { reference: `${host}/${repository}@${digest}`, auth, external: false };
}

/**
 * An image of another registry is asked for there each time, which moves nothing when the engine has it: who may not pull an image may not
 * start it because another project could.
 */
async function ensureImage(
  { engine }: DockerParts,
  { reference, auth, external, record }: Named & { readonly record: () => Promise<void> },
  run: Run,
) {
  const there = await engine.image(reference);
  if (there && !(external && reference.includes('@'))) return { image: there, wasThere: true };
  if (!there) await record();
  run.log(`Pulling ${reference}`);
  await engine.pullImage({ reference, auth, signal: run.signal, onProgress: run.log });
  const image = await engine.image(reference);
  if (!image)
    throw new VitrineError('unavailable', `The engine does not have ${reference} after it pulled it.`);
  return { image, wasThere: there !== null };
}

/** An earlier preview has had it pulled: it goes with the last container that uses it. */
async function isOurs({ engine, server }: DockerParts, reference: string): Promise<boolean> {
  const users = await engine.containers({ [LABEL.server]: server, [LABEL.image]: reference });
  if (users.some(({ labels }) => labels[LABEL.keepImage] !== 'true')) return true;
  return (await pullsOf(engine, server, reference)).length > 0;
}
