import { randomBytes } from 'node:crypto';
import type { AuditPorts } from '../people/audit-log.js';
import { VitrineError } from '../shared/errors.js';
import { whyNotHidden } from '../shared/redact/forms.js';
import type { Tools } from '../shared/tools.js';
import { twinOf } from '../variables/layers.js';
import { MAX_VARIABLES, variableNameProblem, variableValueProblem } from '../variables/names.js';
import { type Scope, scopeKey } from '../variables/scope.js';
import type { Entry, VariableEntry, VariablePorts } from '../variables/store.js';
import { sealContext, type SealPorts } from './envelope.js';
import type { SecretEntry, SecretPorts } from './store.js';

type Ports = VariablePorts & Pick<SecretPorts, 'secrets'> & SealPorts & AuditPorts & Pick<Tools, 'clock'>;

interface Write {
  readonly scope: Scope;
  readonly values: Readonly<Record<string, string>>;
  /** Who asks, for the list and the audit log. */
  readonly actor: string;
}

/** What a secret of this scope and name is sealed for. */
export function secretContext({ scope, name }: Pick<SecretEntry, 'scope' | 'name'>): string {
  return sealContext('secret', scopeKey(scope), name);
}

/** Sets variables of one scope. One that has the value already stays as it is. */
export async function setVariables(ports: Ports, { scope, values, actor }: Write): Promise<void> {
  const [own, others] = await Promise.all([ports.variables.of([scope]), ports.secrets.of([scope])]);
  refuseUnfit(values, { own, others, kind: 'secret' });
  const changed = Object.entries(values).filter(
    ([name, value]) => own.find((one) => one.name === name)?.value !== value,
  );
  for (const [name, value] of changed)
    await ports.variables.put({ ...freshEntry(ports, { scope, name, actor }), value });
  await record(ports, { action: 'variable.set', scope, actor, names: changed.map(([name]) => name) });
}

/** Sets secrets of one scope. Answers why some cannot be hidden in logs, by name and never by value. */
export async function setSecrets(ports: Ports, { scope, values, actor }: Write): Promise<readonly string[]> {
  const [own, others] = await Promise.all([ports.secrets.of([scope]), ports.variables.of([scope])]);
  refuseUnfit(values, { own, others, kind: 'variable' });
  const empty = Object.keys(values).find((name) => values[name] === '');
  if (empty !== undefined) throw unfit(empty, 'is empty; delete it instead');
  const changed = Object.entries(values).filter(
    ([name, value]) =>
      valueOf(
        ports,
        own.find((one) => one.name === name),
      ) !== value,
  );
  for (const [name, value] of changed) {
    const entry = freshEntry(ports, { scope, name, actor });
    await ports.secrets.put({ ...entry, sealed: ports.seal.seal(value, secretContext(entry)) });
  }
  await record(ports, { action: 'secret.set', scope, actor, names: changed.map(([name]) => name) });
  return Object.entries(values).flatMap(([name, value]) => {
    const why = whyNotHidden(value);
    return why === undefined ? [] : [`${name} ${why} and is not hidden in logs; choose a longer one.`];
  });
}

/** Undefined for one that cannot be read: then it is written anew. */
function valueOf({ seal }: SealPorts, entry: SecretEntry | undefined): string | undefined {
  try {
    return entry && seal.open(entry.sealed, secretContext(entry));
  } catch {
    return undefined;
  }
}

interface Removal {
  readonly scope: Scope;
  readonly name: string;
  readonly actor: string;
}

export function deleteVariable(ports: Ports, removal: Removal): Promise<void> {
  return remove(ports, { ...removal, store: ports.variables, noun: 'variable' });
}

export function deleteSecret(ports: Ports, removal: Removal): Promise<void> {
  return remove(ports, { ...removal, store: ports.secrets, noun: 'secret' });
}

interface Deletable {
  delete(where: { scope: Scope; name: string }): Promise<boolean>;
}

async function remove(
  ports: Ports,
  { scope, name, actor, store, noun }: Removal & { store: Deletable; noun: 'variable' | 'secret' },
): Promise<void> {
  if (!(await store.delete({ scope, name })))
    throw new VitrineError('not_found', `There is no ${noun} ${name} in this layer.`);
  await record(ports, { action: `${noun}.delete`, scope, actor, names: [name] });
}

/** Everything that is kept for a project, or in the layer of an organization. */
export async function deleteConfiguration(
  ports: VariablePorts & Pick<SecretPorts, 'secrets'>,
  owner: { readonly projectId: string } | { readonly ownerId: number },
): Promise<void> {
  await Promise.all([ports.variables.deleteAllOf(owner), ports.secrets.deleteAllOf(owner)]);
}

function freshEntry(
  { clock }: Pick<Ports, 'clock'>,
  { scope, name, actor }: { scope: Scope; name: string; actor: string },
): Entry {
  const revision = randomBytes(16).toString('base64url');
  return { scope, name, revision, updatedAt: clock.now(), updatedBy: actor };
}

interface Neighbours {
  readonly own: readonly Pick<VariableEntry | SecretEntry, 'name'>[];
  readonly others: readonly Pick<VariableEntry | SecretEntry, 'name'>[];
  /** What the others are. */
  readonly kind: 'variable' | 'secret';
}

/** Messages name variables, never values. */
function refuseUnfit(values: Write['values'], { own, others, kind }: Neighbours): void {
  const names = Object.keys(values);
  const all = [...new Set([...names, ...own.map(({ name }) => name), ...others.map(({ name }) => name)])];
  for (const name of names) {
    const problem = variableNameProblem(name) ?? variableValueProblem(values[name] ?? '');
    if (problem) throw unfit(name, problem);
    const twin = twinOf(name, all);
    if (twin) throw unfit(name, `differs from ${twin} only in capitals; keep one of them`);
    if (others.some((other) => other.name === name))
      throw new VitrineError('conflict', `${name} is a ${kind} in this layer: delete that first.`);
  }
  if (all.length > MAX_VARIABLES)
    throw new VitrineError(
      'bad_request',
      `This layer would hold ${String(all.length)} variables and secrets: at most ${String(MAX_VARIABLES)} fit.`,
    );
}

function unfit(name: string, problem: string): VitrineError {
  return new VitrineError('bad_request', `${JSON.stringify(name.slice(0, 60))} ${problem}.`);
}

/** An entry of the audit log has room for so much of a list of names. */
const LONGEST_DETAIL = 1_000;

async function record(
  { audit }: AuditPorts,
  { action, scope, actor, names }: { action: string; scope: Scope; actor: string; names: readonly string[] },
): Promise<void> {
  if (names.length === 0) return;
  const list = names.join(', ');
  const detail = list.length <= LONGEST_DETAIL ? list : `${list.slice(0, LONGEST_DETAIL)}...`;
  await audit.record({ actor, action, subject: scopeKey(scope), detail });
}
