import type { Release } from '../../target.js';
import { ASLEEP } from '../container-spec.js';
import type { Labels } from '../engine.js';
import { type KindParts, ownerOf } from '../kind.js';
import { removeDatabaseImage } from './image.js';
import {
  areAsleep,
  type Found,
  findDatabases,
  generationsBegun,
  isEmpty,
  programsOf,
  those,
} from './find.js';
import { keysIn } from './kinds.js';
import { LABEL } from '../resource.js';
import { labelsOfDatabases, SERVICE_LABEL } from './spec.js';

/**
 * After a program of an environment was removed or stopped: databases live as long as one of its programs is there, and run as long as
 * one is awake. What only the removed one used goes.
 */
export async function settleDatabases(
  parts: KindParts,
  { slug, generation }: Pick<Release, 'slug' | 'generation'>,
): Promise<void> {
  const found = await findDatabases(parts, { slug });
  if (isEmpty(found)) return;
  const programs = await programsOf(parts, { slug });
  const begun = await generationsBegun(parts, { slug, programs });
  // Another deployment is about to make its program: which databases that one needs is not known yet.
  if (begun.some((other) => other !== generation)) return;
  const sets = programs.flatMap(({ labels }) => labels[SERVICE_LABEL.set] ?? []);
  const keys = new Set(sets.flatMap(keysIn));
  const staying = found.containers.filter(({ labels }) => keys.has(labels[SERVICE_LABEL.key] ?? ''));
  const homes = staying.flatMap(({ labels }) => labels[SERVICE_LABEL.home] ?? []);
  const isUsed = (labels: Labels) =>
    keys.has(labels[SERVICE_LABEL.key] ?? '') ||
    [...sets, ...homes].includes(labels[SERVICE_LABEL.set] ?? '');
  await removeDatabases(
    parts,
    those(found, (labels) => !isUsed(labels)),
  );
  if (await areAsleep(parts, programs))
    for (const { id, labels } of found.containers) if (isUsed(labels)) await stopDatabase(parts, id);
}

/** It writes what it has in memory before it ends. */
const STOP_SECONDS = 30;

async function stopDatabase({ engine }: KindParts, id: string): Promise<void> {
  await engine.setRestartPolicy(id, ASLEEP);
  await engine.stopContainer(id, STOP_SECONDS);
}

/** With their data. By id alone, and every step may have been done before. */
export async function removeDatabases(parts: KindParts, found: Found): Promise<void> {
  const { engine } = parts;
  for (const { id } of found.containers) await engine.removeContainer(id);
  for (const { labels } of found.containers) {
    const reference = labels[SERVICE_LABEL.image];
    if (reference !== undefined && labels[SERVICE_LABEL.keepImage] === undefined)
      await removeDatabaseImage(parts, reference);
  }
  for (const { id, labels } of found.networks) {
    // Databases that stay are in a newer network too.
    const slug = labels[LABEL.environment] ?? '';
    const members = await engine.containers(labelsOfDatabases(ownerOf(parts), { slug }));
    for (const member of members) await engine.disconnectNetwork(id, member.id);
    await engine.removeNetwork(id);
  }
  for (const { name } of found.volumes) await engine.removeVolume(name);
}
