import { environmentOf, refuseLate } from '../deployments/fence.js';
import { publish, type PublishPorts } from '../deployments/publish.js';
import type { StoredDeployment } from '../deployments/store.js';
import type { StoredEnvironment } from '../environments/store.js';
import type { ImagePorts } from '../images/store.js';
import { isFinal, VitrineError } from '../shared/errors.js';
import { type AddressPorts, commitLabel, previewUrl } from '../shared/preview-url.js';
import type { ImageSource, RegistryAuth, Release } from '../targets/target.js';

type Ports = PublishPorts & ImagePorts & ProgramStartPorts & AddressPorts;

/** A start that this process works on. After a crash the run asks again, and a target that is asked twice makes one resource. */
export interface ProgramStart {
  readonly lines: string[];
  ended: boolean;
  /** Why it will not start. */
  problem: string | null;
  /** A failure that may pass: the next request of the run tries again. */
  error: unknown;
  readonly work: Promise<void>;
}

export interface ProgramStarts {
  get(deploymentId: string): ProgramStart | undefined;
  set(deploymentId: string, start: ProgramStart): void;
  delete(deploymentId: string): void;
}

export interface ProgramStartPorts {
  readonly programStarts: ProgramStarts;
}

export type NamedImage =
  { readonly digest: string } | { readonly reference: string; readonly auth?: RegistryAuth | undefined };

interface Request {
  readonly deploymentId: string;
  readonly image?: NamedImage | undefined;
  readonly compose?:
    { readonly file: string; readonly images: Readonly<Record<string, NamedImage>> } | undefined;
  /** How many lines the run has. */
  readonly seen: number;
}

interface Answer {
  readonly started: boolean;
  readonly problem: string | null;
  readonly commitUrl: string | null;
  readonly lines: readonly string[];
  readonly seen: number;
}

/** Shorter than any proxy waits for an answer, so that the run hears soon how far it is. */
const WAIT_MS = 10_000;

const MOST_LINES = 500;

/** Starts what the run handed over, and waits for it a while. The run repeats the request until it has started, or will not. */
export async function startProgram(ports: Ports, request: Request): Promise<Answer> {
  const deployment = await ports.deployments.get(request.deploymentId);
  if (!deployment) throw new VitrineError('not_found', `There is no deployment ${request.deploymentId}.`);
  const environment = await environmentOf(ports, deployment);
  await refuseLate(ports, { environment, deployment });
  const label = commitLabel({ sha: deployment.sha, label: environment.slug });
  const commitUrl = previewUrl({ label, base: ports.previewBase });
  const start =
    ports.programStarts.get(deployment.id) ??
    begin(ports, {
      ...(await sourceOf(ports, { environment, deployment, request })),
      deployment,
      commitUrl,
    });
  await Promise.race([start.work, pause(WAIT_MS)]);
  if (start.ended) ports.programStarts.delete(deployment.id);
  if (start.error !== null) throw start.error;
  // What was counted before a failure that passed was of another start.
  const from = request.seen <= start.lines.length ? request.seen : 0;
  const lines = start.lines.slice(from, from + MOST_LINES);
  const started = start.ended && start.problem === null;
  return { started, problem: start.problem, commitUrl, lines, seen: from + lines.length };
}

type Source = Pick<Release, 'image' | 'compose'>;

interface Begin extends Source {
  readonly deployment: StoredDeployment;
  readonly commitUrl: string;
}

function begin(ports: Ports, begun: Begin): ProgramStart {
  const { deployment } = begun;
  const lines: string[] = [];
  const handed = { ...begun, root: deployment.artifactRoot };
  const work = publish(ports, { ...handed, log: (line) => void lines.push(line) }).then(
    () => void (start.ended = true),
    (error: unknown) => {
      start.ended = true;
      // What became late is told by its code; what may pass is tried again.
      if (isFinal(error) && error.code === 'unprocessable') start.problem = error.message;
      else start.error = error;
    },
  );
  const start: ProgramStart = { lines, ended: false, problem: null, error: null, work };
  ports.programStarts.set(deployment.id, start);
  return start;
}

interface Asked {
  readonly environment: StoredEnvironment;
  readonly deployment: StoredDeployment;
  readonly request: Request;
}

const NOTHING: Source = { image: null, compose: null };

/** What the target of the deployment gets. Throws when the run has not handed it over yet. */
async function sourceOf(ports: Ports, { environment, deployment, request }: Asked): Promise<Source> {
  const name = deployment.target ?? ports.defaultTarget;
  const target = ports.targets.get(name);
  const { image, compose } = request;
  const { slug } = environment;
  if (target?.starts !== true) throw missing(`The target "${name}" starts no program.`);
  if (target.takes === 'files' && deployment.artifactRoot === null)
    throw missing('There is nothing to start yet: upload the build first.');
  if (target.takes === 'image') {
    if (!image) throw missing(`The target "${name}" needs an image: push it, and name its digest.`);
    return { ...NOTHING, image: await imageOf(ports, { repository: slug, image }) };
  }
  if (target.takes !== 'compose') return NOTHING;
  if (!compose) throw missing(`The target "${name}" needs a compose file.`);
  const images: [string, ImageSource][] = [];
  for (const [service, built] of Object.entries(compose.images))
    images.push([service, await imageOf(ports, { repository: `${slug}/${service}`, image: built })]);
  return { ...NOTHING, compose: { file: compose.file, images: Object.fromEntries(images) } };
}

async function imageOf(
  { images }: ImagePorts,
  { repository, image }: { readonly repository: string; readonly image: NamedImage },
): Promise<ImageSource> {
  if ('reference' in image) return { kind: 'external', reference: image.reference, auth: image.auth ?? null };
  if ((await images.manifest(repository, image.digest)) === null)
    throw missing(`There is no image ${image.digest} in ${repository}: push it first.`);
  return { kind: 'pushed', repository, digest: image.digest };
}

function missing(message: string): VitrineError {
  return new VitrineError('unprocessable', message);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
