import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { VitrineError } from '../../../src/shared/errors.js';
import { field, parseJson, textAt } from '../../http/json.js';
import { folderInside } from '../copy.js';
import type { Job } from '../job.js';
import { type Build, buildVariables } from './build-image.js';
import type { Engine } from './engine.js';

/** A compose file, and what the run has to bring along for it. */
export interface Compose {
  readonly text: string;
  readonly builds: readonly (Build & { readonly service: string })[];
  /** Images that a service names, by service. */
  readonly named: Readonly<Record<string, string>>;
}

/** Where Compose looks, in its order. */
const USUAL = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'] as const;

/** Reads the file as Compose does: with its variables filled in, and everything that it includes. */
export async function readCompose(
  job: Job,
  engine: Engine,
  nameOf: (service: string) => string,
): Promise<Compose> {
  const { path, text } = await findFile(job);
  const args = ['compose', '--file', path, 'config', '--format', 'json'];
  const lines = await engine.run(args, {
    variables: buildVariables(job),
    quiet: true,
    explain: (all) => composeProblem(path, all),
  });
  const services = Object.entries(field(parseJson(lines.join('\n')), 'services') ?? {});
  const builds: (Build & { service: string })[] = [];
  for (const [service, said] of services) {
    const build = field(said, 'build');
    if (build === undefined) continue;
    builds.push({ service, ...(await readBuild(job, { service, build, name: nameOf(service) })) });
  }
  const built = new Set(builds.map(({ service }) => service));
  const named = services.flatMap(([service, said]) => {
    const image = textAt(said, 'image');
    return image === null || built.has(service) ? [] : [[service, image] as const];
  });
  return { text, builds, named: Object.fromEntries(named) };
}

async function findFile({ inputs, directory, workspace, log }: Job): Promise<{ path: string; text: string }> {
  const candidates = inputs.composeFile === null ? USUAL : [inputs.composeFile];
  for (const name of candidates) {
    const path = resolve(directory, name);
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text === null) continue;
    const remedy = 'correct the input "compose-file".';
    await folderInside({ workspace, path: dirname(path), what: 'The folder of the compose file', remedy });
    log(`Reading ${JSON.stringify(name)} (the input "compose-file" changes it).`);
    return { path, text };
  }
  const names = candidates.map((name) => JSON.stringify(name)).join(', ');
  throw new VitrineError(
    'unprocessable',
    `There is no compose file at ${names}: set the input "compose-file" to its path in the working directory.`,
  );
}

function composeProblem(path: string, lines: readonly string[]): string {
  const told = lines.map((line) => line.trim()).filter((line) => line !== '');
  if (told.some((line) => /is not a docker command|unknown (flag|shorthand flag)/.test(line)))
    return 'This runner has no Docker Compose 2: install its plugin (docker-compose-plugin), or use ubuntu-latest.';
  return `Docker Compose cannot read ${JSON.stringify(path)}: ${told.join(' ').slice(0, 1_000)}`;
}

interface Said {
  readonly service: string;
  readonly build: unknown;
  readonly name: string;
}

/** The names of services are parts of the names of images. */
const SERVICE = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

async function readBuild({ workspace }: Job, { service, build, name }: Said): Promise<Build> {
  const where = `The service ${JSON.stringify(service)}`;
  if (!SERVICE.test(service))
    throw refused(
      `${where} is built: give it a name of lower-case letters, digits and single "-", "_" or ".".`,
    );
  if (field(build, 'dockerfile_inline') !== undefined)
    throw refused(
      `${where} has a "dockerfile_inline": write it into a file and name that under "dockerfile".`,
    );
  const context = textAt(build, 'context') ?? '';
  if (!context.startsWith('/')) throw refused(`${where} is not built from the checkout: use a folder of it.`);
  await folderInside({
    workspace,
    path: context,
    what: `The build context of ${JSON.stringify(service)}`,
    remedy: 'correct "build.context" in the compose file.',
  });
  const args = Object.entries(field(build, 'args') ?? {});
  return {
    context,
    dockerfile: resolve(context, textAt(build, 'dockerfile') ?? join(context, 'Dockerfile')),
    args: Object.fromEntries(args.map(([key, value]) => [key, String(value ?? '')])),
    stage: textAt(build, 'target'),
    name,
  };
}

function refused(message: string): VitrineError {
  return new VitrineError('unprocessable', message);
}
