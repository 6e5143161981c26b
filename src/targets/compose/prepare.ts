import { z } from 'zod';
import { VitrineError } from '../../shared/errors.js';
import { healthOf } from '../../shared/health.js';
import { userFor, userIdsOf } from '../docker/container-spec.js';
import type { DockerParts, RegistryLogin } from '../docker/pulled-image.js';
import type { EngineImage, Labels } from '../docker/engine.js';
import { recordPull } from '../docker/pull-record.js';
import { LABEL } from '../docker/resource.js';
import type { ImageSource, Release, Run } from '../target.js';
import { type Address, addressesOf, addressesSchema, serviceName } from './address.js';
import { checkCompose } from './check.js';
import type { ComposeModel } from './model.js';
import type { ComposeProblem } from './read.js';
import type { ServiceRun } from './rewrite.js';
import { type Share, shareLimits } from './share-limits.js';

export const composeOptionsSchema = z.strictObject({
  /** The service that visitors reach; else it is inferred. */
  service: serviceName.optional(),
  /** Services that visitors reach besides, each at an address of its own. */
  addresses: addressesSchema.optional(),
  /** Lets programs write to their images. What they write is gone with the container. */
  writable: z.boolean().default(false),
  /** Lets programs start as root inside their containers, if their images do. */
  root: z.boolean().default(false),
});
export type ComposeOptions = z.infer<typeof composeOptionsSchema>;

export interface Wanted {
  readonly release: Release;
  readonly options: ComposeOptions;
}

export interface CheckedRelease {
  readonly model: ComposeModel;
  readonly addresses: readonly [Address, ...Address[]];
  readonly shares: ReadonlyMap<string, Share>;
}

/** Reads the compose file of a release. Throws `unprocessable` with every problem and its line; notes go to the log. */
export function checkRelease(
  { limits }: Pick<DockerParts, 'limits'>,
  wanted: Wanted,
  run: Run,
): CheckedRelease {
  const { program, compose } = wanted.release;
  if (compose === null)
    throw new VitrineError('unprocessable', 'There is no compose file to start: hand one over.');
  const { model, problems, notes } = checkCompose(compose.file, run);
  for (const { line, message } of notes) run.log(`Compose file, line ${String(line)}: ${message}.`);
  if (model === null) throw refusal(problems);
  const { service, addresses: others } = wanted.options;
  const { port } = program;
  const addresses = addressesOf(model, { service, addresses: others, port, ...healthOf(program) });
  if (typeof addresses === 'string') throw new VitrineError('unprocessable', addresses);
  const budget = {
    memoryBytes: Math.min(program.memoryBytes, limits.memoryBytes),
    cpus: Math.min(program.cpus, limits.cpus),
  };
  const { shares, problems: excess } = shareLimits(model, budget);
  if (excess.length > 0) throw refusal(excess);
  return { model, addresses, shares };
}

function refusal(problems: readonly ComposeProblem[]): VitrineError {
  const lines = problems.map(({ line, message }) => `line ${String(line)}: ${message}`);
  return new VitrineError('unprocessable', `The compose file cannot be used. ${lines.join('. ')}.`);
}

interface Preparing {
  readonly checked: CheckedRelease;
  readonly wanted: Wanted;
  /** On everything of the deployment. */
  readonly labels: Labels;
}

/** Pulls what each service runs, and says how it runs it. */
export async function prepareServices(
  parts: Pick<DockerParts, 'engine' | 'registryLogin' | 'server'>,
  { checked, wanted, labels: ofProject }: Preparing,
  run: Run,
): Promise<ReadonlyMap<string, ServiceRun>> {
  const { release, options } = wanted;
  const handed = release.compose?.images ?? {};
  const login = await parts.registryLogin(release);
  const ready: [string, ServiceRun][] = [];
  for (const [name, service] of checked.model.services) {
    const source = Object.hasOwn(handed, name) ? handed[name] : undefined;
    const named = nameOf(login, { name, service, source });
    const { server } = parts;
    const record = () =>
      recordPull(parts.engine, { server, release, labels: ofProject, image: named.reference });
    const image = await pull(parts, { ...named, record }, run);
    const asked = { user: service.user ?? image.user };
    const replaced = userFor(asked, options);
    const ids = userIdsOf(asked, options);
    const share = checked.shares.get(name);
    if (!share) throw new Error(`The service ${name} has no share of the limits.`);
    // Only what was pushed to this server goes with its preview: other images belong to the machine.
    const labels = named.pushed ? { [LABEL.image]: named.reference } : {};
    const user = replaced ?? service.user;
    // The user that stands in for root has no folder of its own.
    const defaults = replaced === null ? {} : { HOME: '/tmp' };
    ready.push([
      name,
      { image: named.reference, user, ids: ids?.uid === 0 ? null : ids, defaults, labels, share },
    ]);
  }
  return new Map(ready);
}

interface Sought {
  readonly name: string;
  readonly service: { readonly image: string | null };
  readonly source: ImageSource | undefined;
}

interface Named {
  readonly reference: string;
  readonly auth: RegistryLogin['auth'] | null;
  /** To this server, by a run of this environment. */
  readonly pushed: boolean;
}

/** What the run built or named by its digest comes before the name in the file. */
function nameOf({ host, auth }: RegistryLogin, { name, service, source }: Sought): Named {
  if (source?.kind === 'pushed')
    return { reference: `${host}/${source.repository}@${source.digest}`, auth, pushed: true };
  if (source) return { reference: source.reference, auth: source.auth, pushed: false };
  if (service.image !== null) return { reference: withTag(service.image), auth: null, pushed: false };
  throw new VitrineError(
    'unprocessable',
    `The service "${name}" is built from the repository, and the run handed over no image for it: let the Action build it, or name an image.`,
  );
}

/** The engine would pull every tag of a name without one. */
function withTag(image: string): string {
  return /[@:][^/]*$/.test(image) ? image : `${image}:latest`;
}

/**
 * An image of another registry is asked for there each time, which moves nothing when the engine has it: who may not pull an image may not
 * start it because the machine has it for other reasons.
 */
async function pull(
  { engine }: Pick<DockerParts, 'engine'>,
  { reference, auth, pushed, record }: Named & { readonly record: () => Promise<void> },
  run: Run,
): Promise<EngineImage> {
  const there = pushed ? await engine.image(reference) : null;
  if (there) return there;
  if (pushed) await record();
  run.log(`Pulling ${reference}`);
  await engine.pullImage({ reference, auth, signal: run.signal, onProgress: run.log });
  const image = await engine.image(reference);
  if (image) return image;
  throw new VitrineError('unavailable', `The engine does not have ${reference} after it pulled it.`);
}
