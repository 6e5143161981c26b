import { VitrineError } from '../../../shared/errors.js';
import type { ServiceSettings } from '../../../shared/services.js';
import type { Run } from '../../target.js';
import type { KindParts } from '../kind.js';
import { LABEL } from '../resource.js';
import { DATABASE_KINDS } from './kinds.js';
import { SERVICE_LABEL } from './spec.js';

interface DatabaseImage {
  readonly reference: string;
  /** It was in the engine before: it stays there. */
  readonly keep: boolean;
}

/** The official image of a database, pulled where the engine does not have it. */
export async function ensureDatabaseImage(
  parts: KindParts,
  { kind, version }: ServiceSettings,
  { log, signal }: Run,
): Promise<DatabaseImage> {
  const { engine, databaseImages } = parts;
  const reference = `${databaseImages}${DATABASE_KINDS[kind].image}:${version}`;
  if ((await engine.image(reference)) !== null)
    return { reference, keep: !(await wasPulled(parts, reference)) };
  log(`Pulling ${reference}`);
  await engine.pullImage({ reference, auth: null, signal, onProgress: log });
  if ((await engine.image(reference)) === null)
    throw new VitrineError('unavailable', `The engine does not have ${reference} after it pulled it.`);
  return { reference, keep: false };
}

function usersOf({ engine, server }: KindParts, reference: string) {
  return engine.containers({ [LABEL.server]: server, [SERVICE_LABEL.image]: reference });
}

/** Another preview has had it pulled: it goes with the last database that uses it. */
async function wasPulled(parts: KindParts, reference: string): Promise<boolean> {
  const users = await usersOf(parts, reference);
  return users.some(({ labels }) => labels[SERVICE_LABEL.keepImage] === undefined);
}

/** Unless another database uses it. */
export async function removeDatabaseImage(parts: KindParts, reference: string): Promise<void> {
  if ((await usersOf(parts, reference)).length === 0) await parts.engine.removeImage(reference);
}
