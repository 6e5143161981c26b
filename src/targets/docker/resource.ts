import { z } from 'zod';
import { hashBytes } from '../../shared/hash.js';
import type { Release } from '../target.js';
import type { EngineNetwork, Labels, ListedContainer } from './engine.js';

export const containerHandleSchema = z.strictObject({
  slug: z.string().min(1),
  generation: z.number().int().nonnegative(),
  /** Null for a network that was left over. */
  deploymentId: z.string().nullable(),
  container: z.string().nullable(),
  /** The image as it was asked for: by its digest, the sweep of this server's registry knows that it is used. */
  image: z.string().nullable(),
  /** The image was in the engine before: another program of the machine uses it, so it stays. */
  keepImage: z.boolean(),
  healthPath: z.string(),
});
export type ContainerHandle = z.infer<typeof containerHandleSchema>;

/** Everything that this server makes carries its address: several servers may share an engine, and none touches what is not its own. */
export const LABEL = {
  server: 'vitrine.server',
  target: 'vitrine.target',
  role: 'vitrine.role',
  environment: 'vitrine.environment',
  generation: 'vitrine.generation',
  deployment: 'vitrine.deployment',
  image: 'vitrine.image',
  keepImage: 'vitrine.keep-image',
  healthPath: 'vitrine.health-path',
} as const;

/** The program of a preview. Containers beside it have other roles, and those of earlier versions of this server have none. */
const APP = 'app';

export function isApp({ labels }: Pick<ListedContainer, 'labels'>): boolean {
  return (labels[LABEL.role] ?? APP) === APP;
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

interface Described extends Place {
  readonly deploymentId: string;
  readonly image: string;
  readonly keepImage: boolean;
  readonly healthPath: string;
}

export function labelsOfContainer(owner: Owner, described: Described): Labels {
  return {
    ...labelsOfTarget(owner),
    ...labelsOfPlace(owner.server, described),
    [LABEL.role]: APP,
    [LABEL.deployment]: described.deploymentId,
    [LABEL.image]: described.image,
    [LABEL.healthPath]: described.healthPath,
    ...(described.keepImage && { [LABEL.keepImage]: 'true' }),
  };
}

/** Names are for people who look at the engine, and make a second container of one deployment impossible. */
export function networkName(server: string, { slug, generation }: Place): string {
  return `vitrine-${keyOf(server)}-${slug}-${generation}`;
}

export function containerName(server: string, release: Place & Pick<Release, 'deploymentId'>): string {
  return `${networkName(server, release)}-${release.deploymentId}`;
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
    keepImage: labels[LABEL.keepImage] !== undefined,
    healthPath: labels[LABEL.healthPath] ?? '/',
  };
}

export function handleOfNetwork({ labels }: EngineNetwork): ContainerHandle | null {
  const place = placeOf(labels);
  if (place === null) return null;
  return { ...place, deploymentId: null, container: null, image: null, keepImage: false, healthPath: '/' };
}

export function placeOf(labels: Labels): Place | null {
  const slug = labels[LABEL.environment];
  const generation = Number(labels[LABEL.generation]);
  return slug !== undefined && Number.isSafeInteger(generation) ? { slug, generation } : null;
}

export function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
