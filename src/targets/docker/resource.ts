import { z } from 'zod';
import { hashBytes } from '../../shared/hash.js';
import { HEALTH_STATUS, HEALTH_TIMEOUT_MS, type HealthCheck, healthOf } from '../../shared/health.js';
import { healthRules } from '../../shared/health-schemas.js';
import type { HookName, Release } from '../target.js';
import type { Labels, ListedContainer } from './engine.js';

export const containerHandleSchema = z.strictObject({
  slug: z.string().min(1),
  generation: z.number().int().nonnegative(),
  /** Null for a network that was left over. */
  deploymentId: z.string().nullable(),
  /** Null for what was left over, and absent from the handle of a process: the operator may have changed what runs Node servers. */
  container: z.string().nullable().default(null),
  /** The image as it was asked for: by its digest, the sweep of this server's registry knows that it is used. */
  image: z.string().nullable().default(null),
  /** The image was in the engine before: another program of the machine uses it, so it stays. */
  keepImage: z.boolean().default(false),
  healthPath: z.string().default('/'),
  ...healthRules(),
});
export type ContainerHandle = z.infer<typeof containerHandleSchema>;

/** Everything that this server makes carries its address: several servers may share an engine, and none touches what is not its own. */
export const LABEL = {
  server: 'vitrine.server',
  target: 'vitrine.target',
  role: 'vitrine.role',
  version: 'vitrine.version',
  environment: 'vitrine.environment',
  generation: 'vitrine.generation',
  deployment: 'vitrine.deployment',
  image: 'vitrine.image',
  keepImage: 'vitrine.keep-image',
  healthPath: 'vitrine.health-path',
  healthTimeout: 'vitrine.health-timeout',
  healthStatus: 'vitrine.health-status',
  /** The name of a hook. */
  hook: 'vitrine.hook',
  /** What the environment does last: its settings may be gone by then. */
  destroyed: 'vitrine.destroyed',
  /** Where no port of the machine leads to it: the ports on which it may listen. */
  ports: 'vitrine.ports',
  /** A port of the machine that belongs to a deployment, and what it leads to. */
  hostPort: 'vitrine.host-port',
  leadsTo: 'vitrine.leads-to',
} as const;

/** What something is for. */
export const ROLE = {
  /** The record of a pull: see pull-record.ts. */
  pull: 'pull',
  /** The record of a port: see host-ports.ts. */
  port: 'port',
  /** The program of a preview. */
  app: 'app',
  /** A container that an image is made of. */
  build: 'build',
  /** A command beside the program, with everything that the program has. */
  hook: 'hook',
  image: 'image',
} as const;

/** Containers of earlier versions of this server name no role. */
export function isApp({ labels }: Pick<ListedContainer, 'labels'>): boolean {
  return (labels[LABEL.role] ?? ROLE.app) === ROLE.app;
}

export function hookIn({ labels }: Pick<ListedContainer, 'labels'>): string | null {
  return labels[LABEL.role] === ROLE.hook ? (labels[LABEL.hook] ?? null) : null;
}

export function labelsOfHook({ [LABEL.destroyed]: _, ...labels }: Labels, name: HookName): Labels {
  return { ...labels, [LABEL.role]: ROLE.hook, [LABEL.hook]: name };
}

type Place = Pick<Release, 'slug' | 'generation'>;

/** Whose a container is: several servers may share an engine, and a server has several targets on it. */
export interface Owner {
  /** The address of the server. */
  readonly server: string;
  /** The name of the target. */
  readonly target: string;
}

/** By which everything of a target is found. */
export function labelsOfTarget({ server, target }: Owner): Labels {
  return { [LABEL.server]: server, [LABEL.target]: target };
}

/** By which a generation of an environment is found. */
export function labelsOfPlace(server: string, { slug, generation }: Place): Labels {
  return { [LABEL.server]: server, [LABEL.environment]: slug, [LABEL.generation]: String(generation) };
}

type Placed = Pick<Release, 'slug' | 'generation' | 'deploymentId'>;

/** By which everything of a deployment is found. */
export function labelsOfDeployment(owner: Owner, placed: Placed): Labels {
  return {
    ...labelsOfTarget(owner),
    ...labelsOfPlace(owner.server, placed),
    [LABEL.deployment]: placed.deploymentId,
  };
}

interface Described extends Place {
  readonly deploymentId: string;
  readonly version: string;
  readonly image: string;
  readonly keepImage: boolean;
  readonly health: HealthCheck;
  readonly destroyed: string | null;
  readonly more?: Labels;
}

export function labelsOfContainer(owner: Owner, described: Described): Labels {
  return {
    ...labelsOfDeployment(owner, described),
    [LABEL.role]: ROLE.app,
    [LABEL.version]: described.version,
    [LABEL.image]: described.image,
    ...labelsOfHealth(described.health),
    // Always, because a container has the labels of its image too.
    [LABEL.keepImage]: String(described.keepImage),
    [LABEL.destroyed]: described.destroyed ?? '',
    ...described.more,
  };
}

/** Always all of them, because a container has the labels of its image too. */
export function labelsOfHealth({ healthPath, healthTimeoutMs, healthStatus = '' }: HealthCheck): Labels {
  return {
    [LABEL.healthPath]: healthPath,
    [LABEL.healthTimeout]: String(healthTimeoutMs ?? ''),
    [LABEL.healthStatus]: healthStatus,
  };
}

const healthSchema = z.object(healthRules());

/** A rule that is not there, or was changed to something else, is the usual one. */
export function healthIn(labels: Labels): HealthCheck {
  const rules = healthSchema.safeParse({
    healthTimeoutMs: Number(labels[LABEL.healthTimeout] || HEALTH_TIMEOUT_MS),
    healthStatus: labels[LABEL.healthStatus] || HEALTH_STATUS,
  });
  return healthOf({ healthPath: labels[LABEL.healthPath] ?? '/', ...rules.data });
}

/** On what a deployment needs besides its program. */
export function labelsOfHelper(
  owner: Owner,
  { role, ...placed }: Placed & { readonly role: string },
): Labels {
  return { ...labelsOfDeployment(owner, placed), [LABEL.role]: role };
}

/** Names are for people who look at the engine, and make a second container of one deployment impossible. */
export function networkName(server: string, { slug, generation }: Place): string {
  return `${environmentName(server, slug)}-${generation}`;
}

/** With what the names of everything of an environment begin. */
export function environmentName(server: string, slug: string): string {
  return `vitrine-${keyOf(server)}-${slug}`;
}

export function containerName(server: string, placed: Placed): string {
  return `${networkName(server, placed)}-${placed.deploymentId}`;
}

/** Of the image that this server makes of a build. */
export function imageName(server: string, placed: Placed): string {
  return `${networkName(server, placed)}:${placed.deploymentId}`;
}

/** Two servers on one engine may have environments of the same name. */
function keyOf(server: string): string {
  return hashBytes(Buffer.from(server)).slice(0, 6);
}

/** Null for a container whose labels were changed by another program. */
export function handleOfContainer({ id, labels }: ListedContainer): ContainerHandle | null {
  const place = placeOf(labels);
  const deploymentId = labels[LABEL.deployment];
  if (place === null || deploymentId === undefined) return null;
  return {
    ...place,
    deploymentId,
    container: id,
    image: labels[LABEL.image] ?? null,
    keepImage: labels[LABEL.keepImage] === 'true',
    ...healthIn(labels),
  };
}

/** Of what a crash left without the container that it was for: a network, an image, or what an image is made of. */
export function handleOfLeftover(labels: Labels): ContainerHandle | null {
  const place = placeOf(labels);
  if (place === null) return null;
  const deploymentId = labels[LABEL.deployment] ?? null;
  // Others may name an image that they only use.
  const image = labels[LABEL.role] === ROLE.pull ? (labels[LABEL.image] ?? null) : null;
  return { ...place, deploymentId, container: null, image, keepImage: false, healthPath: '/' };
}

export function identityOf({ slug, generation, deploymentId }: ContainerHandle): string {
  return `${slug} ${generation} ${deploymentId ?? ''}`;
}

export function placeOf(labels: Labels): Place | null {
  const slug = labels[LABEL.environment];
  const generation = Number(labels[LABEL.generation]);
  return slug !== undefined && Number.isSafeInteger(generation) ? { slug, generation } : null;
}

export function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
