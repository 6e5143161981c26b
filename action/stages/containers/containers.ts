import type { StartProgramBody } from '../../../src/contract/programs.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Job } from '../job.js';
import { buildImage, buildOf } from './build-image.js';
import { type Compose, readCompose } from './compose.js';
import { createEngine, type Engine } from './engine.js';
import { pushImage } from './push-image.js';
import { loginFor, parseReference, type RegistryImage, resolveImage } from './registry-image.js';

/** What the stage "building" leaves for the stage "deploying". */
export interface Prepared {
  /** Names in the local engine that are pushed, by service; a target that takes one image has only `''`. */
  readonly pushes: Readonly<Record<string, string>>;
  /** Only its id named it before: without our name the engine may remove it. */
  readonly keepsName: boolean;
  /** Images of other registries. */
  readonly external: Readonly<Record<string, RegistryImage>>;
  /** The text of the compose file, where there is one. */
  readonly compose: string | null;
}

const ONLY = '';

const ID = /^(sha256:)?[0-9a-f]{12,64}$/;

/** Builds, or finds, the image or the images that the target takes. `tag` is what people recognise the commit by. */
export async function prepareImages(job: Job, tag: string): Promise<Prepared> {
  const engine = createEngine(job);
  const base = repositoryOf(job);
  if (job.plan.takes === 'compose') return prepareCompose(job, { engine, base, tag });
  const name = `${base}:${tag}`;
  const image = imageOf(job);
  if (image === null) {
    if (job.inputs.prebuilt) throw prebuiltWithoutImage();
    await buildImage(job, engine, buildOf(job, name));
    return { pushes: { [ONLY]: name }, external: {}, keepsName: false, compose: null };
  }
  if (await isLocal(engine, image)) {
    job.log(`Using the image ${image} of the engine of this runner.`);
    await engine.run(['tag', image, name], {
      explain: (lines) => `The image has no other name: ${lines.join(' ')}`,
    });
    return { pushes: { [ONLY]: name }, external: {}, keepsName: ID.test(image), compose: null };
  }
  const found = await resolveImage(job, image);
  job.log(`Using ${found.reference}.`);
  return { pushes: {}, external: { [ONLY]: found }, keepsName: false, compose: null };
}

function repositoryOf({ plan: { registry } }: Job): string {
  if (registry) return `${registry.host}/${registry.repository}`;
  throw new VitrineError('bad_gateway', 'The server does not say where it takes images: update the server.');
}

/** A Dockerfile that the workflow names is nearer than an image that the settings name. */
function imageOf({ inputs, plan }: Job): string | null {
  if (inputs.image !== null && (inputs.dockerfile !== null || inputs.context !== null))
    throw new VitrineError(
      'bad_request',
      'The input "image" names an image that is built already: remove it, or the inputs "dockerfile" and "context".',
    );
  if (inputs.image !== null) return inputs.image;
  return inputs.dockerfile === null && inputs.context === null ? plan.image : null;
}

function prebuiltWithoutImage(): VitrineError {
  return new VitrineError(
    'bad_request',
    'With "prebuilt" no image is built: set the input "image" to the image that an earlier step built.',
  );
}

async function isLocal(engine: Engine, image: string): Promise<boolean> {
  try {
    return (await engine.read(['image', 'inspect', '--format', '{{.Id}}', image])) !== null;
  } catch (error) {
    // Without an engine it can only be in a registry.
    if (error instanceof VitrineError) return false;
    throw error;
  }
}

interface ComposeInput {
  readonly engine: Engine;
  readonly base: string;
  readonly tag: string;
}

async function prepareCompose(job: Job, { engine, base, tag }: ComposeInput): Promise<Prepared> {
  const compose = await readCompose(job, engine, (service) => `${base}/${service}:${tag}`);
  for (const { service, ...build } of compose.builds) {
    job.log(`Building the service ${JSON.stringify(service)}.`);
    await buildImage(job, engine, build);
  }
  const pushes = compose.builds.map(({ service, name }) => [service, name] as const);
  const external = await privateImages(job, compose);
  return { pushes: Object.fromEntries(pushes), external, keepsName: false, compose: compose.text };
}

/** The server pulls public images by itself. For others it needs the user and the password, and only while the run lasts. */
async function privateImages(job: Job, { named }: Compose): Promise<Record<string, RegistryImage>> {
  const found: Record<string, RegistryImage> = {};
  for (const [service, image] of Object.entries(named)) {
    const { host } = parseReference(image);
    if (loginFor(job.inputs.registryAuth, host) !== null) found[service] = await resolveImage(job, image);
  }
  return found;
}

interface HandOver {
  readonly prepared: Prepared;
  readonly token: () => Promise<string>;
}

/** Pushes the images, and answers what the server has to know to start them. */
export async function handOverImages(
  job: Job,
  { prepared, token }: HandOver,
): Promise<Pick<StartProgramBody, 'image' | 'compose'>> {
  const registry = { host: job.plan.registry?.host ?? '', token };
  const images: Record<string, { digest: string } | RegistryImage> = { ...prepared.external };
  for (const [service, name] of Object.entries(prepared.pushes)) {
    job.log(`Pushing ${name}: only layers that the project has never pushed are sent.`);
    const digest = await pushImage(job, registry, name);
    job.log(`The registry has it as ${digest}.`);
    images[service] = { digest };
    if (!prepared.keepsName) await untag(job, name);
  }
  if (prepared.compose !== null) return { compose: { file: prepared.compose, images } };
  const image = images[ONLY];
  return image ? { image } : {};
}

/** The name is of no more use, and the runner may be used again. */
async function untag(job: Job, name: string): Promise<void> {
  await createEngine(job).read(['image', 'rm', '--no-prune', name]);
}
