import type { Packages } from './choose-install.js';
import { readPackage } from './packages.js';
import { workspaceRoot, type RootInput } from './workspace-root.js';

/** What the working directory, and the workspace that it belongs to, say about how it is built. */
export async function readPackages({ workspace, directory }: RootInput): Promise<Packages> {
  const found = await readPackage(directory);
  return { found, root: found.scripts === null ? null : await workspaceRoot({ workspace, directory }) };
}
