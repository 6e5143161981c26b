import {
  type Detected,
  type Found,
  FRAMEWORKS,
  type Manifest,
  type PackageManager,
  plainProject,
  type Seen,
} from './frameworks.js';

const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const DOCKERFILE = 'Dockerfile';

/** The few small files that say what a project is. */
export const FILES_TO_READ: readonly string[] = [
  'package.json',
  DOCKERFILE,
  '.nvmrc',
  '.node-version',
  'angular.json',
  ...['next', 'astro', 'svelte', 'nuxt', 'react-router'].flatMap((name) =>
    ['js', 'mjs', 'ts'].map((ending) => `${name}.config.${ending}`),
  ),
];

/** What a repository seems to be, from the names and the texts of a few of its files. A guess: people see it and change it. */
export function detectProject(seen: Seen): Detected {
  const manifest = readManifest(seen.texts['package.json']);
  const found = manifest && FRAMEWORKS.find(({ packages }) => packages.some((name) => uses(manifest, name)));
  const guess = found ? found.guess({ seen, manifest }) : plainProject({ seen, manifest });
  return {
    ...withContainers(seen, guess),
    packageManager: manifest && managerOf(seen, manifest),
    node: nodeOf(seen, manifest),
  };
}

type Guess = Omit<Detected, 'packageManager' | 'node'>;

/** A Dockerfile or a compose file says itself how a program runs. A site of files needs neither. */
function withContainers({ names, texts }: Seen, guess: Found): Guess {
  const compose = COMPOSE_FILES.find((name) => names.includes(name));
  const hasDockerfile = names.includes(DOCKERFILE);
  const isSite = guess.served === 'files' && guess.isCertain;
  const { isCertain: _isCertain, ...rest } = guess;
  if (isSite || (compose === undefined && !hasDockerfile)) return rest;
  const nothing = { install: null, build: null, output: null, start: null, spa: false };
  if (compose !== undefined)
    return { ...nothing, framework: `Services of ${compose}`, served: 'services', port: null, notes: [] };
  return {
    ...nothing,
    framework: rest.served === 'program' ? `${rest.framework} in a container` : 'An image of a Dockerfile',
    served: 'image',
    port: exposedPort(texts[DOCKERFILE]) ?? rest.port,
    notes: [],
  };
}

function exposedPort(dockerfile = ''): number | null {
  const [, port] = /^\s*EXPOSE\s+(\d{2,5})(?:\/tcp)?\s*$/im.exec(dockerfile) ?? [];
  const number = Number(port);
  return number === 80 || number === 443 || (number >= 1_024 && number <= 65_535) ? number : null;
}

function readManifest(text: string | undefined): Manifest | null {
  if (text === undefined) return null;
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return EMPTY;
    const { scripts, dependencies, devDependencies, engines, packageManager } = value as Record<
      string,
      unknown
    >;
    return {
      scripts: textsOf(scripts),
      dependencies: { ...textsOf(devDependencies), ...textsOf(dependencies) },
      engines: textsOf(engines),
      packageManager: typeof packageManager === 'string' ? packageManager : '',
    };
  } catch {
    return EMPTY;
  }
}

const EMPTY: Manifest = { scripts: {}, dependencies: {}, engines: {}, packageManager: '' };

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

function uses({ dependencies }: Manifest, name: string): boolean {
  return Object.hasOwn(dependencies, name);
}

/** The first match wins, as in the Action. */
const LOCKS: readonly (readonly [file: string, manager: PackageManager])[] = [
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['.yarnrc.yml', 'yarn'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
];

function managerOf({ names }: Seen, { packageManager }: Manifest): PackageManager {
  const [, byLock] = LOCKS.find(([file]) => names.includes(file)) ?? [];
  const [, named] = /^(npm|pnpm|yarn|bun)@/.exec(packageManager) ?? [];
  return byLock ?? (named as PackageManager | undefined) ?? 'npm';
}

function nodeOf({ texts }: Seen, manifest: Manifest | null): Detected['node'] {
  for (const file of ['.nvmrc', '.node-version']) {
    const version = texts[file]?.trim() ?? '';
    if (/^v?\d[\w.]{0,20}$|^lts\/[\w*-]{1,20}$/.test(version)) return { version, file };
  }
  const wanted = manifest?.engines['node']?.trim() ?? '';
  return wanted !== '' && wanted.length <= 60 ? { version: wanted, file: 'package.json' } : null;
}
