import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { VitrineError } from '../../src/shared/errors.js';

/** The JavaScript of one of these programs: beside this module when that is compiled, else in the build. */
export function programEntry(name: 'engine/main.js' | 'mongod/download.js'): string {
  const candidates = [`../${name}`, `../../build/embedded-mongodb/${name}`].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const entry = candidates.find((path) => existsSync(path));
  if (entry) return entry;
  throw new VitrineError(
    'unavailable',
    `The program ${name} is not compiled yet; run "npm run build" first.`,
  );
}
