import { VitrineError } from '../src/shared/errors.js';
import type { Database } from './process/database.js';

/** Uses the operator's own MongoDB, which is not ours to stop. */
export function givenAddress(uri: string): Database {
  const parts = /^mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?([^/?]+)/.exec(uri);
  if (!parts) {
    throw new VitrineError(
      'bad_request',
      'MONGODB_URI must start with mongodb:// or mongodb+srv:// and name a host; correct it or leave it out.',
    );
  }
  // Only the hosts: an address may carry a password.
  const lost = new Promise<never>(() => undefined);
  return { uri, way: `MONGODB_URI (${parts[1]})`, lost, stop: async () => undefined };
}
