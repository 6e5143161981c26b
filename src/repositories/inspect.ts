import { detectProject, FILES_TO_READ } from '../projects/detect.js';
import type { Detected } from '../projects/frameworks.js';
import { callsServer } from '../projects/workflow.js';
import type { AddressPorts } from '../shared/preview-url.js';
import { type FolderEntry, type GitHubPorts, isGitHubFailure } from './github.js';
import type { RepoRef } from './model.js';

type Ports = GitHubPorts & Pick<AddressPorts, 'publicUrl'>;

/** What a repository holds, as far as GitHub says it now. */
export interface Inspection {
  /** Null when GitHub did not say, or the repository is empty. */
  readonly detected: Detected | null;
  /** The workflow on the default branch that has the step of this server; null when there is none. */
  readonly workflow: string | null;
  /** Why something is not known, for people; empty when all is. */
  readonly trouble: string;
}

/** Of the files that say what a project is, so many bytes at most; larger ones are not read. */
const LARGEST_FILE = 256 * 1024;
const LARGEST_WORKFLOW = 64 * 1024;
/** More workflows than a person keeps apart. */
const MOST_WORKFLOWS = 20;
const WORKFLOWS = '.github/workflows';

const HIDDEN =
  'GitHub does not show the files of the repository at the moment. Load the page again in a minute; if that does not help, the owner must accept the permissions of the App.';

/** Reads a few small files of the default branch: what is built there, and whether the workflow is there. */
export async function inspectRepository(ports: Ports, repo: RepoRef): Promise<Inspection> {
  try {
    const [detected, workflow] = await Promise.all([detect(ports, repo), findWorkflow(ports, repo)]);
    return { detected, workflow, trouble: detected === null ? 'The repository has no commit yet.' : '' };
  } catch (error) {
    if (!isGitHubFailure(error)) throw error;
    return { detected: null, workflow: null, trouble: HIDDEN };
  }
}

async function detect({ github }: Ports, repo: RepoRef): Promise<Detected | null> {
  const folder = await github.folder(repo, '');
  if (folder === null) return null;
  const wanted = folder.filter(({ name }) => FILES_TO_READ.includes(name));
  const texts = await readAll({ github }, { repo, files: wanted, largest: LARGEST_FILE });
  return detectProject({ names: folder.map(({ name }) => name), texts });
}

/** The path of the workflow on the default branch that calls this server; null when no workflow does. */
export async function findWorkflow({ github, publicUrl }: Ports, repo: RepoRef): Promise<string | null> {
  const folder = (await github.folder(repo, WORKFLOWS)) ?? [];
  const files = folder.filter(({ name }) => /\.ya?ml$/.test(name)).slice(0, MOST_WORKFLOWS);
  const texts = await readAll({ github }, { repo, files, largest: LARGEST_WORKFLOW });
  const found = files.find(({ name }) => callsServer(texts[name] ?? '', publicUrl));
  return found?.path ?? null;
}

interface Reading {
  readonly repo: RepoRef;
  readonly files: readonly FolderEntry[];
  readonly largest: number;
}

async function readAll(
  { github }: GitHubPorts,
  { repo, files, largest }: Reading,
): Promise<Readonly<Record<string, string>>> {
  const small = files.filter(({ kind, size }) => kind === 'file' && size <= largest);
  const read = await Promise.all(
    small.map(async ({ name, path }) => [name, await github.textFile(repo, path)] as const),
  );
  return Object.fromEntries(read.filter((pair): pair is [string, string] => pair[1] !== null));
}
