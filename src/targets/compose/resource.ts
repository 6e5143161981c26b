import { z } from 'zod';
import { healthOf } from '../../shared/health.js';
import { healthRules } from '../../shared/health-schemas.js';
import type { Labels } from '../docker/engine.js';
import { healthIn, LABEL, labelsOfHealth, labelsOfPlace, networkName, placeOf } from '../docker/resource.js';
import type { Release } from '../target.js';
import { type Address, addressSchema } from './address.js';

export const COMPOSE_TARGET = 'compose';

export const composeHandleSchema = z.strictObject({
  slug: z.string().min(1),
  generation: z.number().int().nonnegative(),
  deploymentId: z.string().min(1),
  /** The name of the Compose project. */
  project: z.string().min(1),
  /** The service that visitors reach, and its port inside its container. */
  service: z.string().min(1),
  port: z.number().int(),
  healthPath: z.string(),
  ...healthRules(),
  /** Of services that have an address of their own besides. */
  addresses: z.array(addressSchema).default([]),
  /** Those that were pushed to this server, by their digests: its registry keeps what a handle names. */
  images: z.array(z.string()),
});
export type ComposeHandle = z.infer<typeof composeHandleSchema>;

/** The service that visitors reach, as `web:3000`, on everything of its project. */
const ADDRESS_LABEL = 'vitrine.address';
/** Those that have an address besides, as JSON. */
const ADDRESSES_LABEL = 'vitrine.addresses';

type Placed = Pick<Release, 'slug' | 'generation' | 'deploymentId'>;

/** Each deployment is a project of its own: the older one runs until the newer one answers. */
export function projectName(server: string, placed: Placed): string {
  return `${networkName(server, placed)}-${placed.deploymentId}`.toLowerCase();
}

/** By which everything of this target is found. */
export function labelsOfTarget(server: string): Labels {
  return { [LABEL.server]: server, [LABEL.target]: COMPOSE_TARGET };
}

/** By which everything of one deployment is found. */
export function labelsOfDeployment(server: string, placed: Placed): Labels {
  return {
    ...labelsOfTarget(server),
    ...labelsOfPlace(server, placed),
    [LABEL.deployment]: placed.deploymentId,
  };
}

/** What is written on everything of a deployment: a handle can be made of it again. */
export function labelsOfProject(
  server: string,
  described: Placed & { readonly addresses: readonly [Address, ...Address[]] },
): Labels {
  const [{ service, port, ...health }, ...others] = described.addresses;
  return {
    ...labelsOfDeployment(server, described),
    [ADDRESS_LABEL]: `${service}:${String(port)}`,
    ...labelsOfHealth(health),
    ...(others.length > 0 && { [ADDRESSES_LABEL]: JSON.stringify(others) }),
  };
}

/** All of them, that of the preview first. */
export function addressesIn({ service, port, addresses, ...handle }: ComposeHandle): Address[] {
  return [{ service, port, ...healthOf(handle) }, ...addresses];
}

/** None when the label was changed: what runs must be found all the same. */
function addressesFrom(label: string | undefined): readonly Address[] {
  try {
    return z.array(addressSchema).parse(JSON.parse(label ?? '[]'));
  } catch {
    return [];
  }
}

/** In one order, each once. */
export function imagesIn(labelled: readonly Labels[]): string[] {
  return [...new Set(labelled.flatMap(({ [LABEL.image]: image }) => image ?? []))].sort();
}

/** Null when labels were changed. All of them are of one deployment. */
export function handleOf(server: string, labelled: readonly Labels[]): ComposeHandle | null {
  const [labels = {}] = labelled;
  const place = placeOf(labels);
  const [, service = '', port = ''] = /^(.+):(\d+)$/.exec(labels[ADDRESS_LABEL] ?? '') ?? [];
  const deploymentId = labels[LABEL.deployment] ?? '';
  const read = composeHandleSchema.safeParse({
    ...place,
    deploymentId,
    project: place ? projectName(server, { ...place, deploymentId }) : '',
    service,
    port: Number(port),
    ...healthIn(labels),
    addresses: addressesFrom(labels[ADDRESSES_LABEL]),
    images: imagesIn(labelled),
  });
  return read.success ? read.data : null;
}
