import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runTimed } from '../harness/run-timed.js';
import type { Setting } from '../harness/setting.js';
import { digestOf, type Image } from './image.js';
import type { Registry } from './registries.js';

type To = Pick<Registry, 'port' | 'repository' | 'token'>;

/** Pushes as a workflow run does that has never pushed before. Answers the seconds from its start to its end. */
export async function push(setting: Setting, to: To, { folder }: Image): Promise<number> {
  return copy(setting, to, { side: 'dest', paths: [`dir:${folder}`, `${addressOf(to)}:preview`] });
}

/** Pulls into an empty folder, and checks that it is the image that was pushed. skopeo checks every layer itself. */
export async function pull(setting: Setting, from: To, { digest }: Image): Promise<number> {
  const folder = await setting.scratch.memory('pulled');
  const paths = [`${addressOf(from)}@${digest}`, `dir:${folder}`];
  const seconds = await copy(setting, from, { side: 'src', paths });
  const came = digestOf(await readFile(join(folder, 'manifest.json')));
  await rm(folder, { recursive: true });
  if (came !== digest) throw new Error(`${digest} was pushed, and ${came} was pulled.`);
  return seconds;
}

const addressOf = ({ port, repository }: To) => `docker://localhost:${String(port)}/${repository}`;

interface Copy {
  readonly side: 'src' | 'dest';
  readonly paths: readonly string[];
}

async function copy(setting: Setting, { token }: To, { side, paths }: Copy): Promise<number> {
  // It remembers where blobs are; the runner of a workflow knows nothing.
  const home = await setting.scratch.memory('skopeo');
  const seconds = await runTimed(setting.children, {
    command: setting.find('skopeo') ?? 'skopeo',
    core: 'beside',
    env: { HOME: home, XDG_DATA_HOME: home },
    args: [
      ...['--insecure-policy', 'copy', '--quiet', '--preserve-digests', `--${side}-tls-verify=false`],
      ...(token === null ? [] : [`--${side}-creds=run:${token}`]),
      ...paths,
    ],
  });
  await rm(home, { recursive: true });
  return seconds;
}
