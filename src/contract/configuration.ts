import { z } from 'zod';
import { LAYERS } from '../variables/layers.js';
import { CLASSES, STORED_LAYERS } from '../variables/scope.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { API, ById, Id, listOf, page, PullRequestNumber } from './shapes.js';

const PROJECT = `${API}/projects/:id` as const;
const ORGANIZATION = `${API}/organizations/:ownerId` as const;

const Target = () => z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be the name of a target');

/** A number in a query has one spelling only. */
const NumberText = (what: string) =>
  z
    .string()
    .regex(/^[1-9]\d{0,14}$/, `must be ${what}`)
    .transform(Number)
    .pipe(z.int().min(1));

const common = () => ({
  /** Null for what the settings file says. */
  id: Id().nullable(),
  name: z.string(),
  layer: z.enum(LAYERS),
  target: z.string().nullable(),
  class: z.enum(CLASSES).nullable(),
  pullRequest: z.int().nullable(),
  /** The more general layers that set this name too. */
  overrides: z.array(z.enum(LAYERS)),
  createdAt: z.string().nullable(),
  updatedAt: z.string().nullable(),
  updatedBy: z.string().nullable(),
});

export const SecretView = /* @__PURE__ */ lazily(() => z.object(common()));
export type SecretView = ValueOf<typeof SecretView>;

export const VariableView = /* @__PURE__ */ lazily(() => z.object({ ...common(), value: z.string() }));
export type VariableView = ValueOf<typeof VariableView>;

/** Without a layer: what applies, of each name the nearest. With one: everything that is stored in it. */
const ProjectQuery = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    layer: z.enum(STORED_LAYERS).optional(),
    target: Target().optional(),
    class: z.enum(CLASSES).optional(),
    pull_request: NumberText('the number of a pull request').pipe(PullRequestNumber()).optional(),
    ...page(),
  }),
);
export type ProjectQuery = ValueOf<typeof ProjectQuery>;

const content = () => ({
  values: z.record(z.string().max(200), z.string()).optional(),
  /** `KEY=VALUE` lines, as in a `.env` file. */
  lines: z.string().optional(),
});

const ProjectBody = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    layer: z.enum(STORED_LAYERS).default('project'),
    target: Target().optional(),
    class: z.enum(CLASSES).optional(),
    pullRequest: PullRequestNumber().optional(),
    ...content(),
  }),
);
export type ProjectBody = ValueOf<typeof ProjectBody>;

const OrganizationBody = /* @__PURE__ */ lazily(() => z.strictObject(content()));

const Written = /* @__PURE__ */ lazily(() =>
  z.object({
    names: z.array(z.string()),
    /** Secrets that cannot be hidden in logs, by name. */
    warnings: z.array(z.string()),
  }),
);

const Deleted = () => z.object({ deleted: z.literal(true) });

const OwnerId = () => NumberText('the id of a GitHub account');
const Name = () => z.string().min(1).max(200);

const ByProjectAndName = /* @__PURE__ */ lazily(() => z.strictObject({ id: Id(), name: Name() }));
const ByOwner = /* @__PURE__ */ lazily(() => z.strictObject({ ownerId: OwnerId() }));
const ByOwnerAndName = /* @__PURE__ */ lazily(() => z.strictObject({ ownerId: OwnerId(), name: Name() }));

/** Which of several of one name. */
const DeleteQuery = /* @__PURE__ */ lazily(() =>
  ProjectQuery()
    .omit({ cursor: true, limit: true, layer: true })
    .extend({
      layer: z.enum(STORED_LAYERS).default('project'),
    }),
);

const readProject = {
  method: 'GET',
  permission: 'configuration.read',
  resource: { projectId: 'id' },
  params: ById,
  query: ProjectQuery,
  errors: ['not_found'],
} as const satisfies Partial<Operation>;

const writeProject = {
  method: 'PUT',
  permission: 'configuration.write',
  resource: { projectId: 'id' },
  params: ById,
  body: ProjectBody,
  answers: { 200: Written },
  errors: ['not_found', 'conflict'],
} as const satisfies Partial<Operation>;

const deleteProject = {
  method: 'DELETE',
  permission: 'configuration.write',
  resource: { projectId: 'id' },
  params: ByProjectAndName,
  query: DeleteQuery,
  answers: { 200: Deleted },
  errors: ['not_found'],
} as const satisfies Partial<Operation>;

const readOrganization = {
  method: 'GET',
  permission: 'organization.configure',
  params: ByOwner,
} as const satisfies Partial<Operation>;

const writeOrganization = {
  method: 'PUT',
  permission: 'organization.configure',
  params: ByOwner,
  body: OrganizationBody,
  answers: { 200: Written },
  errors: ['conflict'],
} as const satisfies Partial<Operation>;

const deleteOrganization = {
  method: 'DELETE',
  permission: 'organization.configure',
  params: ByOwnerAndName,
  answers: { 200: Deleted },
  errors: ['not_found'],
} as const satisfies Partial<Operation>;

const variablesAnswer = { 200: () => listOf(VariableView) } as const;
const secretsAnswer = { 200: () => listOf(SecretView) } as const;

/** Variables and secrets are two lists with the same operations. A secret is never answered. */
export const configuration = {
  listVariables: {
    ...readProject,
    path: `${PROJECT}/variables`,
    summary: 'The variables of a project, each with the layer it comes from',
    answers: variablesAnswer,
  },
  setVariables: { ...writeProject, path: `${PROJECT}/variables`, summary: 'Sets variables in one layer' },
  deleteVariable: {
    ...deleteProject,
    path: `${PROJECT}/variables/:name`,
    summary: 'Deletes a variable from one layer',
  },
  listSecrets: {
    ...readProject,
    path: `${PROJECT}/secrets`,
    summary: 'The secrets of a project by name and layer, without values',
    answers: secretsAnswer,
  },
  setSecrets: { ...writeProject, path: `${PROJECT}/secrets`, summary: 'Sets secrets in one layer' },
  deleteSecret: {
    ...deleteProject,
    path: `${PROJECT}/secrets/:name`,
    summary: 'Deletes a secret from one layer',
  },
  listOrganizationVariables: {
    ...readOrganization,
    path: `${ORGANIZATION}/variables`,
    summary: 'The variables of all projects of a GitHub account',
    answers: variablesAnswer,
  },
  setOrganizationVariables: {
    ...writeOrganization,
    path: `${ORGANIZATION}/variables`,
    summary: 'Sets variables for all projects of a GitHub account',
  },
  deleteOrganizationVariable: {
    ...deleteOrganization,
    path: `${ORGANIZATION}/variables/:name`,
    summary: 'Deletes a variable of a GitHub account',
  },
  listOrganizationSecrets: {
    ...readOrganization,
    path: `${ORGANIZATION}/secrets`,
    summary: 'The secrets of all projects of a GitHub account, without values',
    answers: secretsAnswer,
  },
  setOrganizationSecrets: {
    ...writeOrganization,
    path: `${ORGANIZATION}/secrets`,
    summary: 'Sets secrets for all projects of a GitHub account',
  },
  deleteOrganizationSecret: {
    ...deleteOrganization,
    path: `${ORGANIZATION}/secrets/:name`,
    summary: 'Deletes a secret of a GitHub account',
  },
  listEncryptionKeys: {
    method: 'GET',
    path: `${API}/secrets/keys`,
    permission: 'key.read',
    summary: 'The encryption keys by id, and how many documents need each',
    answers: {
      200: () =>
        z.object({
          items: z.array(
            z.object({ id: z.string(), current: z.boolean(), known: z.boolean(), documents: z.int() }),
          ),
          nextCursor: z.null(),
        }),
    },
  },
} as const satisfies Operations;
