import { posix } from 'node:path';
import { z } from 'zod';
import type { Build, BuildFile } from './runner.js';

const manifestSchema = z.object({
  name: z.string().catch(''),
  bin: z
    .union([z.string(), z.record(z.string(), z.string())])
    .optional()
    .catch(undefined),
});

const PACKAGE = /^node_modules\/(@[^/]+\/)?[^/@][^/]*\/package\.json$/;

/** Where npm puts the commands of packages. */
export const COMMANDS = 'node_modules/.bin';

/**
 * The links of the folder `.bin`, by their paths. npm makes them, and an upload leaves them out or turns them into copies that do not work
 * from there. Scripts of package.json find commands in it.
 */
export async function commandLinks(build: Build): Promise<ReadonlyMap<string, string>> {
  const links = new Map<string, string>();
  const paths = new Set(build.files.map(({ path }) => path));
  for (const file of build.files.filter(({ path }) => PACKAGE.test(path))) {
    const home = posix.dirname(file.path);
    for (const [name, target] of await commandsOf(build, file)) {
      const path = posix.join(home, target);
      const inside = path.startsWith(`${home}/`) && /^[\w.-]+$/.test(name) && !name.startsWith('.');
      if (inside && paths.has(path)) links.set(`${COMMANDS}/${name}`, posix.relative(COMMANDS, path));
    }
  }
  return links;
}

async function commandsOf(build: Build, file: BuildFile): Promise<[string, string][]> {
  const chunks: Buffer[] = [];
  for await (const chunk of build.read(file)) chunks.push(chunk);
  const parsed = manifestSchema.safeParse(parseOrNull(Buffer.concat(chunks).toString('utf8')));
  if (!parsed.success || parsed.data.bin === undefined) return [];
  const { name, bin } = parsed.data;
  return typeof bin === 'string' ? [[name.replace(/^@[^/]+\//, ''), bin]] : Object.entries(bin);
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
