import { type CommandRecords, createCommandTarget } from './command/command.js';
import { createComposeTarget } from './compose/compose.js';
import { COMPOSE_TARGET } from './compose/resource.js';
import type { ComposeRunner } from './compose/runner.js';
import type { DockerParts } from './docker/pulled-image.js';
import { createDockerTarget, DOCKER_TARGET } from './docker/docker.js';
import { createNodeContainerTarget } from './node/container.js';
import { createNodeTarget, NODE_TARGET } from './node/node.js';
import type { Builds, ProgramRunner } from './node/runner.js';
import { createStaticTarget, type StaticHosting } from './static/static.js';
import type { ServerTarget, TargetPorts } from './target.js';

interface TargetParts {
  readonly hosting: StaticHosting;
  readonly records: CommandRecords;
  /** Without an engine, the reason why there is none. */
  readonly docker?: DockerParts | { readonly missing: string };
  /** What Node servers are made of. */
  readonly node?: NodeServers;
  /** Works beside the engine. */
  readonly compose?: ComposeRunner | null;
  /** What the operator configured for targets, by their names. */
  readonly credentials: Readonly<Record<string, unknown>>;
}

/** The target for what a project is made of; null for files, which the default target serves. */
export const TARGET_FOR = {
  files: null,
  program: NODE_TARGET,
  image: DOCKER_TARGET,
  services: COMPOSE_TARGET,
} as const;

const NO_ENGINE = { missing: 'it has no container engine' };

interface NodeServers {
  readonly builds: Builds;
  /** The name of the base image of containers. */
  readonly baseImage: string;
  readonly urlOf: (slug: string) => string;
  /** Runs them as processes of this machine, where the operator wants that. Otherwise they get containers. */
  readonly runner: ProgramRunner | null;
}

/** Every target that a server can have, one each. The first is the default. */
function every(parts: TargetParts): readonly AnyTarget[] {
  const { hosting, records, docker = NO_ENGINE, compose } = parts;
  return [
    anyTarget(createStaticTarget({ hosting })),
    anyTarget(createCommandTarget({ records })),
    ...('missing' in docker ? [] : [anyTarget(createDockerTarget(docker))]),
    ...('missing' in docker || !compose ? [] : [anyTarget(createComposeTarget({ ...docker, compose }))]),
    ...nodeTarget(parts),
  ];
}

function nodeTarget({ node, docker = NO_ENGINE }: TargetParts): readonly AnyTarget[] {
  if (!node) return [];
  const { runner } = node;
  if (runner) return [anyTarget(createNodeTarget({ ...node, runner }))];
  return 'missing' in docker ? [] : [anyTarget(createNodeContainerTarget({ ...docker, ...node }))];
}

/** Why targets are off that this server has no parts for. */
function withoutParts({
  docker = NO_ENGINE,
  node,
}: TargetParts): readonly (readonly [name: string, reason: string])[] {
  if (!('missing' in docker)) return [];
  const { missing } = docker;
  const off = [DOCKER_TARGET, COMPOSE_TARGET].map((name) => {
    const more = 'docs/docker-target.md says more. Ask the operator of the server, or choose another target.';
    return [name, `The target "${name}" is off on this server: ${missing}. ${more}`] as const;
  });
  return node?.runner ? off : [...off, [NODE_TARGET, noPrograms(missing)]];
}

function noPrograms(missing: string): string {
  return `The target "${NODE_TARGET}" is off on this server: ${missing}. With an engine, Node servers run in containers; without one, its operator can have them run as processes of the machine (NODE_RUNNER=process). docs/node-target.md says what both mean. Ask the operator of the server, or choose another target.`;
}

type AnyTarget = ServerTarget<unknown, unknown>;

/** The registry reads options and handles as JSON, and each target checks its own with its schemas. */
function anyTarget<Options, Handle>(target: ServerTarget<Options, Handle>): AnyTarget {
  return target as unknown as AnyTarget;
}

type Registry = Pick<TargetPorts, 'targets' | 'targetsOff' | 'targetCredentials' | 'defaultTarget'>;

/** The targets of this server. One whose credentials are missing or wrong is off. */
export function createTargets(parts: TargetParts): Registry {
  const all = every(parts);
  const [first] = all;
  const { targetsOff, ...on } = sortOn(all, parts.credentials);
  return {
    ...on,
    targetsOff: new Map([...targetsOff, ...withoutParts(parts)]),
    defaultTarget: first?.name ?? '',
  };
}

export function sortOn(
  all: readonly AnyTarget[],
  credentials: TargetParts['credentials'],
): Omit<Registry, 'defaultTarget'> {
  const targets = new Map<string, AnyTarget>();
  const targetsOff = new Map<string, string>();
  const targetCredentials = new Map<string, unknown>();
  for (const target of all) {
    const { name } = target;
    const checked = target.credentials.safeParse(credentials[name]);
    if (checked.success) {
      targets.set(name, target);
      targetCredentials.set(name, checked.data);
    } else {
      const fields = checked.error.issues.map(({ path }) => path.map(String).join('.')).filter(Boolean);
      targetsOff.set(name, offBecause(name, fields));
    }
  }
  return { targets, targetsOff, targetCredentials };
}

/** The names of what is missing, never a value. */
function offBecause(name: string, fields: readonly string[]): string {
  const missing = fields.length > 0 ? ` (${[...new Set(fields)].join(', ')})` : '';
  return `The target "${name}" is off on this server, because it has no valid credentials for it${missing}. Ask the operator of the server to set them, or choose another target.`;
}

export { COMMAND_TARGET, type CommandHandle, type CommandRecords } from './command/command.js';
export type { ComposeEnd, ComposeRunner } from './compose/runner.js';
export type { DockerParts, RegistryLogin } from './docker/pulled-image.js';
export type { Builds, ProgramRunner } from './node/runner.js';
export type { StaticHandle, StaticHosting } from './static/static.js';
