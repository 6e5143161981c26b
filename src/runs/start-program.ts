import type { ConfigurationPorts } from '../deployments/configuration.js';
import { environmentOf, refuseLate } from '../deployments/fence.js';
import { publish } from '../deployments/publish.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { ImagePorts } from '../images/store.js';
import { isFinal, VitrineError } from '../shared/errors.js';
import { type AddressPorts, commitLabel, previewUrl } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import type { BuiltOn, ImageSource, RegistryAuth, Release, TargetPorts } from '../targets/target.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ImagePorts &
  TargetPorts &
  ConfigurationPorts &
  ProgramStartPorts &
  AddressPorts &
  Pick<Tools, 'clock' | 'log'>;

/** A start that this process works on. After a crash the run asks again, and a target that is asked twice makes one resource. */
export interface ProgramStart {
  /** What was asked for, and by which run: a later attempt of the workflow gets a start of its own. */
  readonly asked: string;
  readonly lines: string[];
  /** Called at the next line. */
  readonly waiting: Set<() => void>;
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

/** What the workflow says of its program, before the settings. */
interface OwnSettings {
  readonly start?: string | undefined;
  readonly port?: number | undefined;
  readonly nodeVersion?: string | undefined;
  readonly builtOn?: BuiltOn | undefined;
}

interface Request extends OwnSettings {
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

/** Shorter than any proxy waits for an answer. */
const WAIT_MS = 10_000;

/** After a first line, others follow soon: one answer brings them together. */
const GATHER_MS = 250;

/** In one answer, and in all. */
const MOST_LINES = 500;
const MOST_KEPT = 5_000;
const LINE_CHARACTERS = 4_000;

/** Starts what the run handed over, and waits for it a while. The run repeats the request until it has started, or will not. */
export async function startProgram(ports: Ports, request: Request): Promise<Answer> {
  const deployment = await ports.deployments.get(request.deploymentId);
  if (!deployment) throw new VitrineError('not_found', `There is no deployment ${request.deploymentId}.`);
  const environment = await environmentOf(ports, deployment);
  await refuseLate(ports, { environment, deployment });
  const source = await sourceOf(ports, { environment, deployment, request });
  const label = commitLabel({ sha: deployment.sha, label: environment.slug });
  const commitUrl = previewUrl({ label, base: ports.previewBase });
  const asked = askedFor(deployment, request);
  // Nothing is awaited between the look and the start: two requests at once make one start.
  const known = ports.programStarts.get(deployment.id);
  const another = known !== undefined && known.asked !== asked;
  const fresh = known === undefined || (another && known.ended);
  const start = fresh
    ? begin(ports, { ...source, program: given(request), deployment, commitUrl, asked })
    : known;
  await untilNews(start, another ? 0 : request.seen);
  // What an earlier attempt asked for still starts: this one has its turn after that.
  if (another && !fresh) return { ...WAITING, commitUrl };
  return answerOf(ports, { start, seen: request.seen, deploymentId: deployment.id, commitUrl });
}

async function untilNews(start: ProgramStart, seen: number): Promise<void> {
  const { lines, waiting, work } = start;
  const nextLine = new Promise<void>((resolve) => waiting.add(resolve));
  if (lines.length <= seen) await Promise.race([work, nextLine, pause(WAIT_MS)]);
  if (!start.ended && lines.length > seen) await Promise.race([work, pause(GATHER_MS)]);
}

const WAITING = { started: false, problem: null, lines: [], seen: 0 } as const;

function askedFor({ run, artifactRoot }: StoredDeployment, { seen: _, ...request }: Request): string {
  return JSON.stringify([run, artifactRoot, request]);
}

function given({ start, port, nodeVersion, builtOn }: OwnSettings): Partial<Release['program']> {
  return {
    ...(start !== undefined && { start }),
    ...(port !== undefined && { port }),
    ...(nodeVersion !== undefined && { nodeVersion }),
    ...(builtOn && { builtOn }),
  };
}

interface Answering {
  readonly start: ProgramStart;
  readonly seen: number;
  readonly deploymentId: string;
  readonly commitUrl: string;
}

/** The end is told with the last line, because after it the run asks no more. */
function answerOf(ports: Ports, { start, seen, deploymentId, commitUrl }: Answering): Answer {
  const { ended, error, problem } = start;
  if (ended && error !== null) {
    forget(ports, { start, deploymentId });
    throw error;
  }
  // What was counted before a failure that passed was of another start.
  const from = seen <= start.lines.length ? seen : 0;
  const lines = start.lines.slice(from, from + MOST_LINES);
  const told = { commitUrl, lines, seen: from + lines.length };
  if (!ended || told.seen < start.lines.length) return { ...told, started: false, problem: null };
  forget(ports, { start, deploymentId });
  return { ...told, started: problem === null, problem };
}

/** Another request may have begun a newer one. */
function forget(
  { programStarts }: Ports,
  { start, deploymentId }: Pick<Answering, 'start' | 'deploymentId'>,
) {
  if (programStarts.get(deploymentId) === start) programStarts.delete(deploymentId);
}

type Source = Pick<Release, 'image' | 'compose'>;

interface Begin extends Source {
  readonly deployment: StoredDeployment;
  readonly program: Partial<Release['program']>;
  readonly commitUrl: string;
  readonly asked: string;
}

function begin(ports: Ports, { asked, ...begun }: Begin): ProgramStart {
  const { deployment } = begun;
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const log = (line: string): void => {
    for (const told of waiting) told();
    waiting.clear();
    if (lines.length < MOST_KEPT) lines.push(line.slice(0, LINE_CHARACTERS));
    else lines[MOST_KEPT - 1] = `(From here only the last line is kept.) ${line}`.slice(0, LINE_CHARACTERS);
  };
  const work = publish(ports, { ...begun, root: deployment.artifactRoot, log }).then(
    () => void (start.ended = true),
    (error: unknown) => {
      start.ended = true;
      // What became late is told by its code; what may pass is tried again.
      if (isFinal(error) && error.code === 'unprocessable') start.problem = error.message;
      else start.error = error;
    },
  );
  const start: ProgramStart = { asked, lines, waiting, ended: false, problem: null, error: null, work };
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
  { images, publicUrl }: Pick<Ports, 'images' | 'publicUrl'>,
  { repository, image }: { readonly repository: string; readonly image: NamedImage },
): Promise<ImageSource> {
  if ('reference' in image) {
    const { reference, auth = null } = image;
    // The server may pull every repository of its own registry, and the run may not.
    if (reference.startsWith(`${new URL(publicUrl).host}/`))
      throw missing(`${reference} is in this server's own registry: push the image, and name its digest.`);
    return { kind: 'external', reference, auth };
  }
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
