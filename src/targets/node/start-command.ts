import { z } from 'zod';
import { VitrineError } from '../../shared/errors.js';
import type { Release } from '../target.js';
import { splitCommandLine } from './command-line.js';
import type { Build, Builds } from './runner.js';

/** What a package.json says of the program. Other fields may be anything. */
const packageSchema = z.object({
  scripts: z.record(z.string(), z.unknown()).catch({}).optional(),
  main: z.string().optional().catch(undefined),
  engines: z
    .object({ node: z.string().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});
type Package = z.infer<typeof packageSchema>;

const MOST_BYTES = 1024 * 1024;

/** The package.json at the top of the build; null when there is none. */
export async function readPackage(build: Build): Promise<Package | null> {
  const file = build.files.find(({ path }) => path === 'package.json');
  if (!file) return null;
  if (file.size > MOST_BYTES)
    throw new VitrineError('unprocessable', 'package.json is larger than 1 MiB: make it smaller.');
  const chunks: Buffer[] = [];
  for await (const chunk of build.read(file)) chunks.push(chunk);
  return parsePackage(Buffer.concat(chunks).toString('utf8'));
}

function parsePackage(text: string): Package {
  try {
    return packageSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new VitrineError('unprocessable', 'package.json in the build is not valid JSON: mend it.', {
      cause,
    });
  }
}

const MAIN = 'server.js';

interface Choice {
  readonly build: Pick<Build, 'files'>;
  readonly manifest: Package | null;
  /** What the settings say. */
  readonly start: string | null;
}

/** The settings decide, then the script "start", then the file that a Node program usually begins with. */
export function startCommand({ build, manifest, start }: Choice): readonly string[] {
  if (start !== null) return splitCommandLine(start);
  const scripts = manifest?.scripts ?? {};
  if (typeof scripts['start'] === 'string') return startScript(scripts['start'], scripts);
  const has = (path: string | undefined) =>
    path !== undefined && build.files.some((file) => file.path === path);
  if (has(MAIN)) return ['node', MAIN];
  const main = manifest?.main?.replace(/^\.\//, '');
  if (main !== undefined && has(main)) return ['node', main];
  throw new VitrineError(
    'unprocessable',
    `Nothing says how the program is started: the build has no script "start" in package.json and no ${MAIN}. Give the input "start-command", such as "node dist/server.js".`,
  );
}

/** One that needs no shell is started without npm, which would stay in memory as long as the program runs. */
function startScript(script: string, scripts: Readonly<Record<string, unknown>>): readonly string[] {
  if ('prestart' in scripts || 'poststart' in scripts) return NPM_START;
  try {
    return splitCommandLine(script);
  } catch {
    return NPM_START;
  }
}

const NPM_START = ['npm', 'start'] as const;

/** What an uploaded build is started with. */
export interface Program {
  readonly build: Build;
  readonly command: readonly string[];
  /** What the workflow or `engines.node` asks for. */
  readonly range: string | null;
}

/** Throws `unprocessable` where there is no build, or nothing says how to start it. */
export async function readProgram(builds: Builds, release: Release): Promise<Program> {
  const { artifact: root, projectId, program } = release;
  const build = root === null ? null : await builds.open({ projectId, root });
  if (build === null)
    throw new VitrineError('unprocessable', 'There is no uploaded build to start: upload the build first.');
  const manifest = await readPackage(build);
  const command = startCommand({ build, manifest, start: program.start });
  return { build, command, range: program.nodeVersion ?? manifest?.engines?.node ?? null };
}
