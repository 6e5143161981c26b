import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { VitrineError } from '../../../src/shared/errors.js';
import { folderInside } from '../copy.js';
import type { Job } from '../job.js';
import type { Engine } from './engine.js';

/** What one image is built of. */
export interface Build {
  /** Absolute. */
  readonly context: string;
  /** Absolute. */
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  /** A stage of the Dockerfile; null for its last one. */
  readonly stage: string | null;
  /** What the image is called in the local engine. */
  readonly name: string;
}

/** The only build of a target that takes one image, from the inputs and the settings. */
export function buildOf(job: Job, name: string): Build {
  const { inputs, plan, directory } = job;
  const context = resolve(directory, inputs.context ?? '.');
  const given = inputs.dockerfile ?? plan.dockerfile;
  const dockerfile = given === null ? resolve(context, 'Dockerfile') : resolve(directory, given);
  return { context, dockerfile, args: { ...buildVariables(job), ...inputs.buildArgs }, stage: null, name };
}

/** Variables that a Dockerfile may name with ARG; it gets no others. */
export function buildVariables({ variables, inputs }: Job): Readonly<Record<string, string>> {
  return { ...variables, ...inputs.env, ...inputs.buildEnv };
}

/** Builds with BuildKit where the runner has buildx, and with the classic builder elsewhere. */
export async function buildImage(job: Job, engine: Engine, build: Build): Promise<void> {
  await checkFiles(job, build);
  const buildx = (await engine.read(['buildx', 'version'])) !== null;
  const shown = relative(job.workspace, build.dockerfile);
  job.log(`Building ${JSON.stringify(shown)} with ${buildx ? 'BuildKit' : 'the classic builder'}.`);
  if (buildx) await withBuildKit(job, engine, build);
  else await withClassicBuilder(job, engine, build);
}

async function checkFiles({ workspace, directory }: Job, { context, dockerfile }: Build): Promise<void> {
  const remedy = 'correct the input "context".';
  await folderInside({ workspace, path: context, what: 'The build context', remedy });
  const found = await stat(dockerfile).catch(() => null);
  if (found?.isFile()) return;
  const named = JSON.stringify(relative(directory, dockerfile));
  throw new VitrineError(
    'unprocessable',
    `There is no Dockerfile at ${named}: add one, set the input "dockerfile" to its path, or set the input "image" to an image that an earlier step built.`,
  );
}

async function withBuildKit(job: Job, engine: Engine, build: Build): Promise<void> {
  const secrets = Object.entries(secretsOf(job));
  const args = [
    ...['buildx', 'build', '--progress=plain', '--load'],
    ...common(build),
    // A secret reaches BuildKit by the environment: a command line can be read by every process of the machine.
    ...secrets.flatMap(([name]) => ['--secret', `id=${name},env=${SECRET}${name}`]),
    ...cacheArgs(job),
    build.context,
  ];
  const variables = {
    ...Object.fromEntries(secrets.map(([name, value]) => [`${SECRET}${name}`, value])),
    ...cacheVariables(job),
    // An attestation makes an index of the image, whose digest differs at each build.
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
  };
  const cached = job.inputs.cache !== null;
  await engine.run(args, { variables, explain: (lines) => explain(lines, cached) });
}

async function withClassicBuilder(job: Job, engine: Engine, build: Build): Promise<void> {
  if (Object.keys(job.inputs.buildSecrets).length > 0)
    throw new VitrineError(
      'unprocessable',
      'The input "build-secrets" needs BuildKit, and this runner has only the classic builder: install buildx, for example with docker/setup-buildx-action.',
    );
  if (job.inputs.cache !== null)
    job.log('The input "cache" needs BuildKit, which this runner does not have: it is ignored.', 'warning');
  const variables = { DOCKER_BUILDKIT: '0' };
  const args = ['build', ...common(build), build.context];
  await engine.run(args, { variables, explain: (lines) => explain(lines, false) });
}

const SECRET = 'VITRINE_BUILD_SECRET_';

function common({ dockerfile, name, args, stage }: Build): string[] {
  return [
    ...['--file', dockerfile, '--tag', name],
    ...(stage === null ? [] : ['--target', stage]),
    ...Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
  ];
}

/** A Dockerfile gets only those that it mounts. What the workflow gives is nearer than what the server stores. */
function secretsOf({ plan, inputs }: Job): Readonly<Record<string, string>> {
  return { ...plan.secrets, ...inputs.secrets, ...inputs.buildSecrets };
}

/** A cache that cannot be written must not fail the build. */
function cacheArgs({ inputs: { cache }, variables }: Job): string[] {
  if (cache === null) return [];
  const project = (variables['PREVIEW_PROJECT'] ?? 'preview').replace(/[^\w.-]/g, '-');
  const from = cache === 'type=gha' ? `${cache},scope=${project}` : cache;
  return ['--cache-from', from, '--cache-to', `${from},mode=max,ignore-error=true`];
}

/** By which BuildKit reaches the cache of GitHub. The build itself does not get them. */
const CACHE_VARIABLES = [
  'ACTIONS_CACHE_URL',
  'ACTIONS_RESULTS_URL',
  'ACTIONS_RUNTIME_TOKEN',
  'ACTIONS_CACHE_SERVICE_V2',
];

function cacheVariables({ inputs: { cache }, world }: Job): Record<string, string | undefined> {
  if (cache === null || !cache.startsWith('type=gha')) return {};
  return Object.fromEntries(CACHE_VARIABLES.map((name) => [name, world.env[name]]));
}

function explain(lines: readonly string[], cached: boolean): string {
  const last = lines.findLast((line) => /\bERROR\b|failed to|error/i.test(line)) ?? lines.at(-1) ?? '';
  const noCache = cached && lines.some((line) => /cache export is not supported/i.test(line));
  const hint = noCache
    ? ' The builder of this runner keeps no cache elsewhere: add a step with docker/setup-buildx-action before this one, or remove the input "cache".'
    : '';
  return `The image could not be built: ${last.trim().slice(0, 1_000)}${hint}`;
}
