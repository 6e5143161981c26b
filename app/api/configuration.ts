import type {
  configuration,
  ProjectBody,
  ProjectQuery,
  SecretView,
  VariableView,
} from '../../src/contract/configuration.js';
import { type Effective, effectiveAt, mayReceiveStored } from '../../src/deployments/configuration.js';
import { buildSettingsOf } from '../../src/deployments/variables.js';
import type { Project } from '../../src/projects/project.js';
import { keysInUse } from '../../src/secrets/rotate.js';
import { deleteSecret, deleteVariable, setSecrets, setVariables } from '../../src/secrets/write.js';
import { VitrineError } from '../../src/shared/errors.js';
import { parseVariableLines } from '../../src/variables/lines.js';
import { type Scope, scopesAt, type StoredLayer } from '../../src/variables/scope.js';
import type { Ports } from '../ports.js';
import type { Caller } from './access.js';
import { found, type Handlers, isoOrNull, pageOf } from './handler.js';

export const configurationHandlers: Handlers<typeof configuration> = {
  async listVariables(ports, { params, query }) {
    const { items, nextCursor } = await listed(ports, { id: params.id, query, kind: 'variables' });
    return { items: items.map(presentVariable), nextCursor };
  },
  async setVariables(ports, { params, body, caller }) {
    const scope = scopeIn(await projectOf(ports, params.id), { ...body, pull_request: body.pullRequest });
    return write(ports, { scope, body, caller, kind: 'variables' });
  },
  async deleteVariable(ports, { params, query, caller }) {
    const scope = scopeIn(await projectOf(ports, params.id), query);
    await deleteVariable(ports, { scope, name: params.name, actor: nameOf(caller) });
    return { deleted: true };
  },
  async listSecrets(ports, { params, query }) {
    const { items, nextCursor } = await listed(ports, { id: params.id, query, kind: 'secrets' });
    return { items: items.map(presentCommon), nextCursor };
  },
  async setSecrets(ports, { params, body, caller }) {
    const scope = scopeIn(await projectOf(ports, params.id), { ...body, pull_request: body.pullRequest });
    return write(ports, { scope, body, caller, kind: 'secrets' });
  },
  async deleteSecret(ports, { params, query, caller }) {
    const scope = scopeIn(await projectOf(ports, params.id), query);
    await deleteSecret(ports, { scope, name: params.name, actor: nameOf(caller) });
    return { deleted: true };
  },
  async listOrganizationVariables(ports, { params }) {
    const entries = await ports.variables.of([organization(params)]);
    return {
      items: entries.map((variable) => presentVariable(plain(variable, { variable }))),
      nextCursor: null,
    };
  },
  async setOrganizationVariables(ports, { params, body, caller }) {
    return write(ports, { scope: organization(params), body, caller, kind: 'variables' });
  },
  async deleteOrganizationVariable(ports, { params, caller }) {
    await deleteVariable(ports, { scope: organization(params), name: params.name, actor: nameOf(caller) });
    return { deleted: true };
  },
  async listOrganizationSecrets(ports, { params }) {
    const entries = await ports.secrets.of([organization(params)]);
    return { items: entries.map((secret) => presentCommon(plain(secret, { secret }))), nextCursor: null };
  },
  async setOrganizationSecrets(ports, { params, body, caller }) {
    return write(ports, { scope: organization(params), body, caller, kind: 'secrets' });
  },
  async deleteOrganizationSecret(ports, { params, caller }) {
    await deleteSecret(ports, { scope: organization(params), name: params.name, actor: nameOf(caller) });
    return { deleted: true };
  },
  async listEncryptionKeys(ports) {
    return { items: [...(await keysInUse(ports))], nextCursor: null };
  },
};

async function projectOf({ projects }: Ports, id: string): Promise<Project> {
  return found(await projects.get(id), 'project');
}

function organization({ ownerId }: { readonly ownerId: number }): Scope {
  return { layer: 'org', ownerId };
}

function nameOf(caller: Caller): string {
  return caller.kind === 'operator' || caller.kind === 'user' ? caller.name : caller.kind;
}

interface Place {
  readonly layer: StoredLayer;
  readonly target?: string | undefined;
  readonly class?: ProjectBody['class'];
  readonly pull_request?: number | undefined;
}

/** A layer and what it is for: exactly the parts that the layer needs. */
function scopeIn({ id: projectId }: Project, { layer, ...place }: Place): Scope {
  const { target, class: kind, pull_request: pullRequest } = place;
  const given = Object.entries({ target, class: kind, 'pull-request': pullRequest });
  const other = given.find(([name, value]) => value !== undefined && name !== layer)?.[0];
  if (other !== undefined)
    throw wrong(`The layer "${layer}" has no ${other.replace('-', ' ')}: leave it out`);
  if (layer === 'project') return { layer, projectId };
  if (layer === 'org') throw wrong('Use /api/v1/organizations/:ownerId for the layer "org"');
  if (layer === 'target' && target !== undefined) return { layer, projectId, target };
  if (layer === 'class' && kind !== undefined) return { layer, projectId, class: kind };
  if (layer === 'pull-request' && pullRequest !== undefined) return { layer, projectId, pullRequest };
  throw wrong(`The layer "${layer}" needs to know which ${layer.replace('-', ' ')}: give it`);
}

function wrong(problem: string): VitrineError {
  return new VitrineError('bad_request', `${problem}.`);
}

interface Write {
  readonly scope: Scope;
  readonly body: Pick<ProjectBody, 'values' | 'lines'>;
  readonly caller: Caller;
  readonly kind: 'variables' | 'secrets';
}

async function write(ports: Ports, { scope, body, caller, kind }: Write) {
  const values = valuesIn(body);
  const request = { scope, values, actor: nameOf(caller) };
  const names = Object.keys(values);
  if (kind === 'secrets') return { names, warnings: [...(await setSecrets(ports, request))] };
  await setVariables(ports, request);
  return { names, warnings: [] };
}

function valuesIn({ values, lines }: Write['body']): Readonly<Record<string, string>> {
  if ((values === undefined) === (lines === undefined)) throw wrong('Give either "values" or "lines"');
  if (lines === undefined) return values ?? {};
  const parsed = parseVariableLines(lines);
  if (parsed.problems.length > 0)
    throw wrong(`The lines cannot be read: ${parsed.problems.slice(0, 5).join('; ')}`);
  return parsed.values;
}

interface ListRequest {
  readonly id: string;
  readonly query: ProjectQuery;
  readonly kind: 'variables' | 'secrets';
}

interface Listed extends Effective {
  readonly overrides: readonly Effective['origin'][];
}

async function listed(
  ports: Ports,
  { id, query, kind }: ListRequest,
): Promise<{ items: readonly Listed[]; nextCursor: string | null }> {
  const project = await projectOf(ports, id);
  const { layer } = query;
  if (layer === undefined)
    return { items: await applying(ports, { project, query, kind }), nextCursor: null };
  if (layer === 'org') throw wrong('Use /api/v1/organizations/:ownerId for the layer "org"');
  const where = { projectId: project.id, layer };
  if (kind === 'variables') {
    const { items, nextCursor } = await ports.variables.list(where, pageOf(query));
    return { items: items.map((variable) => plain(variable, { variable })), nextCursor };
  }
  const { items, nextCursor } = await ports.secrets.list(where, pageOf(query));
  return { items: items.map((secret) => plain(secret, { secret })), nextCursor };
}

/** What applies at a place; at a pull request together with what its settings file says. */
async function applying(
  ports: Ports,
  { project, query, kind }: { project: Project; query: ProjectQuery; kind: ListRequest['kind'] },
): Promise<readonly Listed[]> {
  const { pull_request: pullRequest } = query;
  const siblings =
    pullRequest === undefined ? [] : await ports.environments.ofPullRequest(project.repoId, pullRequest);
  const environment = siblings.find(({ projectId }) => projectId === project.id);
  const repo = await ports.repos.get(project.repoId);
  const scopes = scopesAt({
    ownerId: repo?.ownerId ?? null,
    projectId: project.id,
    target: query.target ?? environment?.settings?.target?.name ?? ports.defaultTarget,
    class: query.class ?? 'preview',
    pullRequest: pullRequest ?? null,
  });
  const { chosen, offered } = await effectiveAt(ports, {
    scopes: environment && !mayReceiveStored(environment) ? [] : scopes,
    file: environment ? buildSettingsOf(environment).build.env : {},
  });
  return chosen
    .filter(({ secret }) => (secret !== undefined) === (kind === 'secrets'))
    .map((one) => ({ ...one, overrides: overriddenBy(one, offered) }));
}

function overriddenBy({ name, origin }: Effective, offered: readonly Effective[]): Listed['overrides'] {
  return offered
    .filter((other) => other.name === name && other.origin !== origin)
    .map((other) => other.origin);
}

function plain(
  { name, scope }: { readonly name: string; readonly scope: Scope },
  entry: Pick<Effective, 'variable' | 'secret'>,
): Listed {
  return { name, origin: scope.layer, ...entry, overrides: [] };
}

function presentVariable(one: Listed): VariableView {
  return { ...presentCommon(one), value: one.variable?.value ?? one.value ?? '' };
}

/** Everything but the value. */
function presentCommon({ name, origin: layer, variable, secret, overrides }: Listed): SecretView {
  const entry = secret ?? variable;
  const scope = entry?.scope;
  return {
    id: entry?.id ?? null,
    name,
    layer,
    target: scope?.layer === 'target' ? scope.target : null,
    class: scope?.layer === 'class' ? scope.class : null,
    pullRequest: scope?.layer === 'pull-request' ? scope.pullRequest : null,
    overrides: [...overrides],
    createdAt: isoOrNull(entry?.createdAt ?? null),
    updatedAt: isoOrNull(entry?.updatedAt ?? null),
    updatedBy: entry?.updatedBy ?? null,
  };
}
