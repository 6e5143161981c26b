import type { IncomingMessage, ServerResponse } from 'node:http';
import { RegistryError } from '../../src/images/registry-error.js';
import type { ImagePorts, ImageUploadPorts, OwnBlob } from '../../src/images/store.js';
import type { Log } from '../../src/shared/tools.js';
import type { BlobPorts } from '../../src/uploads/store.js';
import type { BodyBudget } from '../http/body-budget.js';
import type { AccessPorts, Entrance } from './access.js';

export interface RegistryPorts extends AccessPorts, ImagePorts, ImageUploadPorts, BlobPorts {
  readonly log: Log;
  /** Manifests are read whole: this limits how much of them is in memory. */
  readonly manifestBudget: BodyBudget;
  readonly entrance: Entrance;
  readonly ownBlobs: OwnBlobs;
}

export interface OwnBlobs {
  /** All blobs of the repository as they were a moment ago; null when they are too many. */
  of(repository: string): Promise<ReadonlyMap<string, OwnBlob> | null>;
  forget(repository: string): void;
}

/** One request to the registry. */
export interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

export function refuseMethod({ request }: Visit, allowed: readonly string[]): void {
  if (allowed.includes(request.method ?? '')) return;
  const allow = allowed.join(', ');
  throw new RegistryError('UNSUPPORTED', `Only ${allow} can be used here.`, { allow });
}
