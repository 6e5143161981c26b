import { cp, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { StartProgramBody } from '../../src/contract/programs.js';
import { isVitrineError, VitrineError } from '../../src/shared/errors.js';
import { showBytes } from '../../src/shared/text.js';
import { type Artifact, hashDirectory } from '../../src/uploads/client/directory.js';
import { field, numberAt, parseJson, textAt } from '../http/json.js';
import { folderInside, inside } from './copy.js';
import type { Job } from './job.js';
import { childEnvironment, isMissing, runProgram } from './run-command.js';

/** The files of a program, and what the server has to know to start it. */
export interface Program {
  readonly artifact: Artifact;
  readonly body: Pick<StartProgramBody, 'start' | 'nodeVersion' | 'builtOn'>;
}

/** Finds the files that the program needs, with its packages, and hashes them. */
export async function copyProgram(job: Job): Promise<Program> {
  const manifest = await manifestIn(job.directory);
  const { output, start } = await chooseOutput(job);
  const directory = await folderInside({
    workspace: job.workspace,
    path: inside(job.directory, output),
    what: 'The output directory',
    remedy: 'does the build write it? The input "output-dir" changes it.',
  });
  job.log(`Uploading the directory "${output}" (the input "output-dir" changes it).`);
  await refuseLinkedPackages(directory);
  const skipped = await developmentPackages(directory);
  if (skipped.size > 0)
    job.log(`${String(skipped.size)} packages are for development only and are left out.`);
  const files = await hashFiles(job, { directory, skipped });
  const nodeVersion = job.inputs.nodeVersion ?? versionIn(manifest);
  const builtOn = job.inputs.prebuilt ? null : await askNode(job);
  const command = await withoutBin({
    directory,
    command: job.inputs.startCommand ?? job.plan.start ?? start,
  });
  const body = {
    ...(command !== null && { start: command }),
    ...(nodeVersion !== null && { nodeVersion }),
    ...(builtOn && { builtOn }),
  };
  return { artifact: { directory, files, ofProgram: true }, body };
}

async function manifestIn(directory: string): Promise<unknown> {
  const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => '');
  return parseJson(text.replace(/^\ufeff/, ''));
}

interface Output {
  readonly output: string;
  /** How it is started; null for what the server finds out. */
  readonly start: string | null;
}

/** What a build made that needs no packages besides, else the working directory with its packages. */
async function chooseOutput(job: Job): Promise<Output> {
  const { directory, inputs, plan } = job;
  const given = inputs.outputDir ?? plan.output;
  if (given !== null) return { output: given, start: null };
  const next = await findNext(job);
  if (next !== null) return next;
  if (await isFile(join(directory, NITRO, 'server/index.mjs')))
    return { output: NITRO, start: 'node server/index.mjs' };
  // The server runs the script "start" of package.json itself.
  return { output: HERE, start: null };
}

const HERE = '.';
/** Nuxt, Nitro, SolidStart and TanStack Start build there. */
const NITRO = '.output';
const NEXT = '.next/standalone';

/** With `output: 'standalone'`, which leaves it to others to add the assets: https://nextjs.org/docs/app/api-reference/config/next-config-js/output */
async function findNext({ workspace, directory, log }: Job): Promise<Output | null> {
  const nested = relative(await realpath(workspace), directory);
  for (const inner of ['', nested]) {
    const folder = join(directory, NEXT, inner);
    if (!(await isFile(join(folder, 'server.js')))) continue;
    for (const assets of ['public', '.next/static'])
      await cp(join(directory, assets), join(folder, assets), { recursive: true }).catch(() => undefined);
    log('Found a standalone build of Next.js: its assets are added.');
    return { output: NEXT, start: `node ${[inner, 'server.js'].filter(Boolean).join('/')}` };
  }
  return null;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() === true;
}

/** Links to folders are not uploaded, and pnpm makes all packages of them. */
async function refuseLinkedPackages(directory: string): Promise<void> {
  const store = await stat(join(directory, 'node_modules/.pnpm')).catch(() => null);
  if (!store?.isDirectory()) return;
  throw new VitrineError(
    'unprocessable',
    'pnpm links packages to each other, and links to folders are not uploaded: set "node-linker=hoisted" in .npmrc, or name a folder that needs no packages in "output-dir".',
  );
}

/** The folders of packages that `npm install --omit=dev` would leave out. Other package managers do not write down which ones those are. */
async function developmentPackages(directory: string): Promise<ReadonlySet<string>> {
  const text = await readFile(join(directory, 'node_modules/.package-lock.json'), 'utf8').catch(() => '');
  const packages = Object.entries(field(parseJson(text), 'packages') ?? {});
  return new Set(packages.filter(([, said]) => field(said, 'dev') === true).map(([path]) => path));
}

/** At any depth. The links in `.bin` would become copies, which find nothing beside them. */
const NEVER = ['.git', '.bin', '.cache', '.turbo'];
const NEXT_CACHE = '.next/cache';

async function hashFiles(
  { log, signal }: Job,
  { directory, skipped }: { readonly directory: string; readonly skipped: ReadonlySet<string> },
): Promise<Artifact['files']> {
  const skips = (path: string): boolean => path === NEXT_CACHE || skipped.has(path);
  const options = { without: NEVER, skips, ofProgram: true, signal };
  const { files, notes } = await hashDirectory(directory, options).catch((error: unknown) => {
    throw isVitrineError(error) && error.code === 'too_large' ? smaller(error) : error;
  });
  for (const note of notes) log(note, 'warning');
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  log(`Found ${String(files.length)} files, ${showBytes(bytes)}.`);
  return files;
}

function smaller(error: VitrineError): VitrineError {
  const remedy =
    'Have the build write a folder with only what the program needs (Next.js: output: "standalone"; others: a bundler), or give the project a Dockerfile.';
  return new VitrineError('too_large', `${error.message} ${remedy}`, { cause: error });
}

function versionIn(manifest: unknown): string | null {
  const range = textAt(manifest, 'engines', 'node');
  return range !== null && /^[\w.*^~<>=| -]{1,100}$/.test(range) ? range : null;
}

const ABOUT_NODE =
  'process.report.excludeNetwork = true;' +
  "const libc = process.platform === 'linux' ? (process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl') : null;" +
  'JSON.stringify({ platform: process.platform, arch: process.arch, libc, nodeMajor: Number.parseInt(process.versions.node) })';

/** The Node of the commands, which is another one than that of this program. Null where there is none. */
async function askNode(job: Job): Promise<StartProgramBody['builtOn'] | null> {
  const lines: string[] = [];
  const program = { file: 'node', args: ['-p', ABOUT_NODE], env: childEnvironment(job.world.env, {}) };
  try {
    await runProgram(
      { ...job, output: () => undefined },
      { ...program, onLine: (line) => void lines.push(line) },
    );
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  const said = parseJson(lines.join(''));
  const [platform, arch] = [textAt(said, 'platform'), textAt(said, 'arch')];
  const nodeMajor = numberAt(said, 'nodeMajor');
  if (platform === null || arch === null || nodeMajor === null) return null;
  const libc = textAt(said, 'libc');
  return { platform, arch, libc: libc === 'glibc' || libc === 'musl' ? libc : null, nodeMajor };
}

/** The first word of each part of a command line, after variables and `npx`. */
const FIRST_WORD = /(^|&&|\|\||;)(\s*(?:[A-Za-z_]\w*=\S*\s+)*)(?:npx\s+)?([\w.-]+)(?=\s|$)/g;

/** The commands of packages are links, which are not uploaded: `next start` becomes `node node_modules/next/dist/bin/next start`. */
async function withoutBin({
  directory,
  command,
}: {
  readonly directory: string;
  readonly command: string | null;
}): Promise<string | null> {
  if (command === null) return null;
  const words = [...command.matchAll(FIRST_WORD)].map(([, , , word = '']) => word);
  const paths = new Map<string, string>();
  for (const word of words) {
    const found = await realpath(join(directory, 'node_modules/.bin', word)).catch(() => null);
    if (found?.startsWith(directory + sep))
      paths.set(word, await runnable(relative(directory, found), found));
  }
  return command.replace(FIRST_WORD, (whole, before: string, variables: string, word: string) =>
    paths.has(word) ? `${before}${variables}${paths.get(word) ?? ''}` : whole,
  );
}

async function runnable(path: string, file: string): Promise<string> {
  const start = (await readFile(file)).subarray(0, 100).toString('latin1');
  return /^#!.*\bnode\b/.test(start) ? `node ${path}` : `./${path}`;
}
