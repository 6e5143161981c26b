import { rm } from 'node:fs/promises';

/** Stops the run's browser and database, and removes their files. */
export default async function globalTeardown() {
  if (!globalThis.testRun) return;
  const { database, dataDir, browser } = globalThis.testRun;
  await browser.close();
  await database.stop();
  await rm(dataDir, { recursive: true, force: true });
}
