import { type ComposeScope, interpolate } from './interpolate.js';
import type { ComposeModel, Dependency, ServiceModel } from './model.js';
import { type ComposeProblem, readComposeFile } from './read.js';
import { REFUSED_AT_TOP, REFUSED_IN_NETWORK, REFUSED_IN_VOLUME } from './refused.js';
import { readService, type ServiceContext } from './service.js';
import { type Findings, flagOf, type Found, groupOf, inner, note, problem, shown } from './values.js';

export interface CheckedCompose {
  /** Null when there are problems. */
  readonly model: ComposeModel | null;
  /** In the order of their lines. */
  readonly problems: readonly ComposeProblem[];
  /** What was left out of the file. */
  readonly notes: readonly ComposeProblem[];
}

/** As many as its network has addresses for. */
const MAX_SERVICES = 12;

/** People mend the first ones and come back. */
const MAX_PROBLEMS = 20;

const SERVICE_NAME = /^[a-zA-Z0-9][\w.-]{0,62}$/;

/**
 * Reads a compose file of a pull request: everything in it that is not in the list of what a preview may use is refused, with its line. The
 * model that comes out is all that is passed on, so what the engine gets was looked at, whatever form it was written in.
 */
export function checkCompose(text: string, scope: ComposeScope): CheckedCompose {
  const read = readComposeFile(text);
  if ('message' in read) return { model: null, problems: [read], notes: [] };
  const { root, problems, unset } = interpolate(read, scope);
  const findings: Findings = { problems: [...problems], notes: unset.map(unsetNote) };
  const top = [...root.entries].map((entry) => [entry[0], inner({ name: '', findings }, entry)] as const);
  const keys = new Map(top);
  for (const [key, found] of top) {
    if (TOP_KEYS.includes(key) || key.startsWith('x-')) continue;
    problem(found, REFUSED_AT_TOP.get(key) ?? 'is not a key that a preview may use; remove it');
  }
  const volumes = declaredIn(keys.get('volumes'), readVolume);
  const networks = declaredIn(keys.get('networks'), readNetwork);
  const services = servicesOf(keys.get('services'), { networks, valueOf: valueIn(scope) });
  if (services.size === 0 && findings.problems.length === 0)
    findings.problems.push({ line: 1, message: 'has no services' });
  checkReferences({ services, volumes }, findings);
  const sorted = findings.problems.sort((a, b) => a.line - b.line).slice(0, MAX_PROBLEMS);
  const model = sorted.length > 0 ? null : { services, volumes };
  return { model, problems: sorted, notes: findings.notes };
}

/** The name of the project is the server's; the version has had no meaning since Compose 2. */
const TOP_KEYS = ['version', 'name', 'services', 'volumes', 'networks'];

function unsetNote(name: string): ComposeProblem {
  return { line: 1, message: `uses the variable ${shown(name)}, which is not set: it is empty` };
}

function valueIn({ variables, secrets }: ComposeScope): ServiceContext['valueOf'] {
  return (name) => {
    if (Object.hasOwn(secrets, name)) return secrets[name];
    return Object.hasOwn(variables, name) ? variables[name] : undefined;
  };
}

function servicesOf(found: Found | undefined, context: ServiceContext): ReadonlyMap<string, ServiceModel> {
  const all = found ? groupOf(found) : [];
  if (found && all.length > MAX_SERVICES)
    problem(found, `has more than ${String(MAX_SERVICES)} services; a preview should have fewer`);
  const services = new Map<string, ServiceModel>();
  for (const [name, service] of all.slice(0, MAX_SERVICES)) {
    if (!SERVICE_NAME.test(name))
      problem(service, 'has a name with other signs than letters, digits and . _ -');
    services.set(name, readService(service, context));
  }
  return services;
}

const DECLARED_NAME = /^[a-zA-Z0-9][\w.-]{0,62}$/;

function declaredIn(found: Found | undefined, read: (key: string, found: Found) => void): string[] {
  const all = found ? groupOf(found) : [];
  for (const [name, declared] of all) {
    if (!DECLARED_NAME.test(name))
      problem(declared, 'has a name with other signs than letters, digits and . _ -');
    for (const [key, value] of groupOf(declared)) read(key, value);
  }
  return all.map(([name]) => name);
}

function readVolume(key: string, found: Found): void {
  if (key === 'external' && flagOf(found) === false) return;
  if (key === 'name' || key === 'labels')
    note(found, 'is left out: the server names what belongs to a preview');
  else if (key !== 'driver' || !isWord(found, 'local'))
    problem(found, REFUSED_IN_VOLUME.get(key) ?? 'is not allowed; leave the volume without settings');
}

function readNetwork(key: string, found: Found): void {
  if (key === 'external' && flagOf(found) === false) return;
  if (['name', 'labels', 'internal', 'attachable'].includes(key))
    note(found, 'is left out: all services of a preview are on one network of its own');
  else if (key !== 'driver' || !isWord(found, 'bridge'))
    problem(found, REFUSED_IN_NETWORK.get(key) ?? 'is not allowed; leave the network without settings');
}

function isWord({ value }: Found, word: string): boolean {
  return value.kind === 'scalar' && value.text === word;
}

/** What services name of each other and of the file must be there. */
function checkReferences({ services, volumes }: ComposeModel, { problems }: Findings): void {
  for (const [name, { dependsOn, mounts }] of services) {
    for (const { service, line, required } of dependsOn)
      if (required && !services.has(service))
        problems.push({
          line,
          message: `services.${shown(name)}.depends_on names "${shown(service)}", which is no service of the file`,
        });
    for (const { volume, line } of mounts)
      if (volume !== null && !volumes.includes(volume))
        problems.push({
          line,
          message: `services.${shown(name)}.volumes names "${shown(volume)}"; add it under "volumes" of the file`,
        });
  }
  for (const [name, { line }] of services)
    if (waitsForItself(services, name))
      problems.push({
        line,
        message: `services.${shown(name)} waits for itself by "depends_on"; remove one of the dependencies`,
      });
}

function waitsForItself(services: ComposeModel['services'], start: string): boolean {
  const seen = new Set<string>();
  const queue = namesOf(services.get(start)?.dependsOn);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next === start) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(...namesOf(services.get(next)?.dependsOn));
  }
  return false;
}

function namesOf(dependencies: readonly Dependency[] = []): string[] {
  return dependencies.map(({ service }) => service);
}
