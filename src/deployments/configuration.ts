import { createHash } from 'node:crypto';
import type { Environment } from '../environments/model.js';
import type { ProjectPorts } from '../projects/project.js';
import { isFork } from '../pull-requests/facts.js';
import type { SealPorts } from '../secrets/envelope.js';
import type { SecretEntry, SecretPorts } from '../secrets/store.js';
import { secretContext } from '../secrets/write.js';
import { VitrineError } from '../shared/errors.js';
import { type AddressPorts, hostLabel, previewUrl } from '../shared/preview-url.js';
import type { TargetPorts } from '../targets/target.js';
import { chooseNearest, type Layer } from '../variables/layers.js';
import { fillReferences } from '../variables/references.js';
import { classOf, type Scope, scopeKey, scopesAt } from '../variables/scope.js';
import type { Stored, VariableEntry, VariablePorts } from '../variables/store.js';
import { addressVariablesOf, builtInVariablesOf, buildSettingsOf } from './variables.js';

/** Who owns a repository decides which organization's layer applies. */
interface OwnerPorts {
  readonly repos: { get(id: number): Promise<{ readonly ownerId: number } | null> };
}

type StorePorts = VariablePorts & Pick<SecretPorts, 'secrets'>;
type PlacePorts = OwnerPorts & Pick<TargetPorts, 'defaultTarget'>;
export type ConfigurationPorts = StorePorts &
  PlacePorts &
  Pick<TargetPorts, 'targets'> &
  SealPorts &
  ProjectPorts &
  AddressPorts;

/** What a build, a deploy command and a preview get in their environment. */
export interface Configuration {
  readonly variables: Readonly<Record<string, string>>;
  /** Decrypted: they go to a run of a trusted commit, and to targets, and nowhere else. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Differs when what is stored for the environment was changed. It is made of random revisions, and tells nothing of a value. */
  readonly fingerprint: string;
  /** What keeps a run from starting, as sentences. */
  readonly problems: readonly string[];
}

/** One variable or secret that applies, or that a nearer one replaces. */
export interface Effective {
  readonly name: string;
  readonly origin: Layer;
  /** Of a variable only. */
  readonly value?: string;
  /** Undefined for one of the settings file. */
  readonly variable?: Stored<VariableEntry>;
  readonly secret?: Stored<SecretEntry>;
}

interface Chosen {
  readonly chosen: readonly Effective[];
  /** Everything that is set, also what a nearer layer replaces. */
  readonly offered: readonly Effective[];
}

/** What is stored for these scopes; of each name the nearest one. In one layer, a secret comes before a variable. */
export async function effectiveAt(
  ports: StorePorts,
  { scopes, file = {} }: { scopes: readonly Scope[]; file?: Readonly<Record<string, string>> },
): Promise<Chosen> {
  const [variables, secrets] = await Promise.all([ports.variables.of(scopes), ports.secrets.of(scopes)]);
  const offered: Effective[] = [
    ...Object.entries(file).map(([name, value]) => ({ name, value, origin: 'settings-file' as const })),
    ...variables.map((variable) => ({
      name: variable.name,
      value: variable.value,
      origin: variable.scope.layer,
      variable,
    })),
    ...secrets.map((secret) => ({ name: secret.name, origin: secret.scope.layer, secret })),
  ];
  return { chosen: chooseNearest(offered).chosen, offered };
}

/** Forks get nothing that is stored, even when a person approved the commit: its code could print it. */
export function mayReceiveStored({ pullRequest }: Pick<Environment, 'pullRequest'>): boolean {
  return pullRequest === null || !isFork(pullRequest);
}

async function scopesOf(ports: PlacePorts, environment: Environment): Promise<readonly Scope[]> {
  if (!mayReceiveStored(environment)) return [];
  const { projectId, repoId, settings, pullRequest } = environment;
  const repo = await ports.repos.get(repoId);
  return scopesAt({
    ownerId: repo?.ownerId ?? null,
    projectId,
    target: settings?.target?.name ?? ports.defaultTarget,
    class: classOf(environment),
    pullRequest: pullRequest?.number ?? null,
  });
}

/** Reads and decrypts what applies to an environment. Throws `secret_unreadable`. */
export async function configurationOf(
  ports: ConfigurationPorts,
  environment: Environment,
): Promise<Configuration> {
  const scopes = await scopesOf(ports, environment);
  const { env: file } = buildSettingsOf(environment).build;
  const { chosen, offered } = await effectiveAt(ports, { scopes, file });
  const opened = chosen.map((one) => ({ ...one, value: valueOf(ports, one) }));
  const { filled, problems } = await fillAll(ports, { environment, opened });
  const record = (entries: readonly Opened[]) =>
    Object.fromEntries(entries.map(({ name, value }) => [name, value]));
  return {
    variables: {
      ...record(filled.filter(({ secret }) => !secret)),
      ...addressVariablesOf(ports, environment),
      ...builtInVariablesOf(environment),
    },
    secrets: record(filled.filter(({ secret }) => secret)),
    fingerprint: fingerprintOf(offered),
    problems: [...problems, ...tooMuch(filled)],
  };
}

interface Opened extends Effective {
  readonly value: string;
}

/** The reason is always the same, and says which secret: people can see the names. */
function valueOf({ seal }: SealPorts, { name, value = '', origin, secret }: Effective): string {
  if (!secret) return value;
  try {
    return seal.open(secret.sealed, secretContext(secret));
  } catch {
    throw new VitrineError(
      'secret_unreadable',
      `The secret ${name} (${origin}) cannot be decrypted. Set it again, or give the server the key in ENCRYPTION_KEYS that it was encrypted with.`,
    );
  }
}

interface ToFill {
  readonly environment: Environment;
  readonly opened: readonly Opened[];
}

/** Fills in the addresses of the other projects of the same pull request: they are known before anything is deployed. */
async function fillAll(
  ports: ProjectPorts & AddressPorts,
  { environment, opened }: ToFill,
): Promise<{ filled: readonly Opened[]; problems: readonly string[] }> {
  if (!opened.some(({ value }) => value.includes('${preview:'))) return { filled: opened, problems: [] };
  const projects = await ports.projects.ofRepo(environment.repoId);
  const urlOf = (name: string): string | undefined => {
    const project = projects.find((one) => one.name === name) ?? projects.find(({ slug }) => slug === name);
    if (!project) return undefined;
    const label = hostLabel({ environment: environment.name, project: project.slug });
    return previewUrl({ label, base: ports.previewBase });
  };
  const all = opened.map((one) => ({ one, ...fillReferences(one.value, urlOf) }));
  return {
    filled: all.map(({ one, value }) => ({ ...one, value })),
    problems: all.flatMap(({ one, unknown }) =>
      unknown.map((project) => unknownProject(one, { project, known: projects.map(({ name }) => name) })),
    ),
  };
}

function unknownProject(
  { name, secret }: Effective,
  { project, known }: { project: string; known: readonly string[] },
): string {
  // The value of a secret is not repeated, not even this part.
  const asked = secret ? 'a project' : `the project ${JSON.stringify(project.slice(0, 60))}`;
  return `${name} refers to the preview of ${asked} that this repository does not have. It has: ${known.join(', ')}.`;
}

/** What Linux lets a process have besides its arguments, with room for the rest of the runner's environment. */
const MOST_BYTES = 1024 * 1024;

function tooMuch(all: readonly Opened[]): string[] {
  const bytes = all.reduce((sum, { name, value }) => sum + name.length + Buffer.byteLength(value) + 2, 0);
  if (bytes <= MOST_BYTES) return [];
  return [
    'The variables and secrets of this preview have more than 1 MiB together: put what is large into files.',
  ];
}

/** Of what is stored only: what the settings file says changes with the commit. */
function fingerprintOf(offered: readonly Effective[]): string {
  const stored = chooseNearest(offered.filter((one) => entryOf(one) !== undefined)).chosen;
  const revisions = stored.map((one) => [one.name, entryOf(one)?.revision ?? '']);
  const sorted = revisions.sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url').slice(0, 22);
}

function entryOf({ variable, secret }: Effective): Effective['variable'] | Effective['secret'] {
  return secret ?? variable;
}

/** Why a run of this environment must not build; null when everything that it needs is there. */
export function configurationProblem(
  environment: Environment,
  { configuration, provided }: { configuration: Configuration; provided: readonly string[] },
): string | null {
  const [first] = configuration.problems;
  if (first !== undefined) return `${first} Correct it, then re-run the workflow.`;
  const known = { ...configuration.variables, ...configuration.secrets };
  const missing = (environment.settings?.secrets ?? []).filter(
    (name) => !Object.hasOwn(known, name) && !provided.includes(name),
  );
  return missing.length === 0 ? null : missingNames(environment, missing);
}

function missingNames(environment: Environment, missing: readonly string[]): string {
  const names = missing.join(', ');
  const what = missing.length === 1 ? `${names} is` : `${names} are`;
  const required = `${what} required by "secrets" in .github/preview.yml`;
  if (!mayReceiveStored(environment))
    return `${required}, and the code of a fork gets no variables and no secrets.`;
  return (
    `${required} and not set. Set ${missing.length === 1 ? 'it' : 'them'} for the project "${environment.project}" ` +
    `(PUT /api/v1/projects/${environment.projectId}/secrets, or the input "secrets" of the workflow), then re-run the workflow.`
  );
}

/** Whether what is stored for these environments was changed after they went live, by their ids. */
export async function configurationChanges(
  ports: StorePorts & PlacePorts,
  environments: readonly Environment[],
): Promise<ReadonlyMap<string, boolean>> {
  const live = environments.filter(({ current }) => typeof current?.configuration === 'string');
  const places = await Promise.all(
    live.map(async (environment) => ({ environment, scopes: await scopesOf(ports, environment) })),
  );
  const all = [
    ...new Map(places.flatMap(({ scopes }) => scopes).map((one) => [scopeKey(one), one])).values(),
  ];
  const { offered } = await effectiveAt(ports, { scopes: all });
  return new Map(
    places.map(({ environment, scopes }) => {
      const keys = scopes.map(scopeKey);
      const own = offered.filter((one) => {
        const entry = entryOf(one);
        return entry !== undefined && keys.includes(scopeKey(entry.scope));
      });
      const now = fingerprintOf(own);
      return [environment.id, now !== environment.current?.configuration];
    }),
  );
}
