import { rm } from 'node:fs/promises';

/** Stops the run's database and removes its files. */
export default async function globalTeardown() {
  if (!globalThis.testRun) return;
  const { database, dataDir } = globalThis.testRun;
  await database.stop();
  await rm(dataDir, { recursive: true, force: true });
}
