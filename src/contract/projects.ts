import { z } from 'zod';
import { ORIGINS } from '../projects/effective.js';
import { projectSettings, SETTING_NAMES } from '../projects/settings.js';
import { projectName } from '../settings/fields.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { API, ById, Id, listOf, page, PageQuery } from './shapes.js';

const PROJECTS = `${API}/projects` as const;
const REPOSITORIES = `${API}/repositories` as const;

const RepositoryName = () =>
  z
    .string()
    .regex(/^[\w.-]+\/[\w.-]+$/, 'must be owner/name')
    .max(200);

const RepositoryId = () =>
  z
    .string()
    .regex(/^[1-9]\d{0,15}$/, 'must be the id of a repository at GitHub: a whole number')
    .transform(Number)
    .pipe(z.int());

/** The settings as people gave them. The verb checks them, so that every mistake is answered with the field and the remedy. */
const OwnSettings = () => z.record(z.string(), z.unknown());

export const ProjectView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    name: z.string(),
    /** Part of every host name of the project. */
    slug: z.string(),
    repositoryId: z.int(),
    repository: z.string(),
    /** Nothing is deployed for an inactive project. */
    active: z.boolean(),
    /** `repository`: a repository has it by itself; `file`: .github/preview.yml names it; `api`: a person added it. */
    source: z.enum(['repository', 'file', 'api']),
    /** Only what was set here; GET /api/v1/projects/:id/settings shows what counts. */
    settings: OwnSettings(),
    /** Grows with every change: send it with a change to be refused when another person was first. */
    version: z.int(),
    /** Set while it is being deleted. */
    deletingAt: z.string().nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
  }),
);
export type ProjectView = ValueOf<typeof ProjectView>;

export const RepositoryView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: z.int(),
    name: z.string(),
    private: z.boolean(),
    defaultBranch: z.string().nullable(),
    /** Set when the App lost it. */
    removedAt: z.string().nullable(),
    projects: z.array(ProjectView()),
  }),
);
export type RepositoryView = ValueOf<typeof RepositoryView>;

/** Described from the settings that the verb checks; null takes a value away. */
const SettingsPatch = /* @__PURE__ */ lazily(() =>
  OwnSettings().meta({ properties: describedSettings(), additionalProperties: false }),
);

function describedSettings(): Record<string, object> {
  const { properties = {} } = z.toJSONSchema(projectSettings(), { io: 'input', unrepresentable: 'any' });
  return Object.fromEntries(
    SETTING_NAMES.map((name) => [name, { anyOf: [properties[name] ?? {}, { type: 'null' }] }]),
  );
}

export const listProjects = {
  method: 'GET',
  path: PROJECTS,
  permission: 'project.list',
  summary: 'Lists projects, newest first',
  query: () => z.strictObject({ repository: RepositoryName().optional(), ...page() }),
  answers: { 200: () => listOf(ProjectView) },
} as const satisfies Operation;

export const getProject = {
  method: 'GET',
  path: `${PROJECTS}/:id`,
  permission: 'project.read',
  resource: { projectId: 'id' },
  summary: 'One project',
  params: ById,
  answers: { 200: ProjectView },
  errors: ['not_found'],
} as const satisfies Operation;

export const changeProject = {
  method: 'PATCH',
  path: `${PROJECTS}/:id`,
  permission: 'project.change',
  resource: { projectId: 'id' },
  summary: 'Changes a project. Settings are merged: null takes a value away',
  params: ById,
  body: () =>
    z.strictObject({
      name: projectName.optional(),
      active: z.boolean().optional(),
      settings: SettingsPatch().optional(),
      /** The version that was read: the change is refused when the project was changed since. */
      version: z.int().min(0).optional(),
    }),
  maxBytes: 64 * 1024,
  answers: { 200: ProjectView },
  errors: ['not_found', 'conflict'],
} as const satisfies Operation;

export const deleteProject = {
  method: 'DELETE',
  path: `${PROJECTS}/:id`,
  permission: 'project.delete',
  resource: { projectId: 'id' },
  summary: 'Deletes a project: its previews first, then all that belongs to it',
  params: ById,
  answers: { 202: ProjectView },
  errors: ['not_found', 'conflict'],
} as const satisfies Operation;

export const EffectiveSettings = /* @__PURE__ */ lazily(() =>
  z.object({
    projectId: Id(),
    version: z.int(),
    /** By setting, such as `limits.ttl`. */
    values: z.record(z.string(), z.object({ value: z.unknown(), origin: z.enum(ORIGINS) })),
    file: z.object({
      path: z.string(),
      exists: z.boolean(),
      /** Null when the file was read without asking for a certain commit. */
      commit: z.string().nullable(),
      problems: z.array(z.object({ line: z.int(), message: z.string() })),
    }),
  }),
);
export type EffectiveSettings = ValueOf<typeof EffectiveSettings>;

const getProjectSettings = {
  method: 'GET',
  path: `${PROJECTS}/:id/settings`,
  permission: 'project.read',
  resource: { projectId: 'id' },
  summary: 'Every setting of a project with the value that counts and where it comes from',
  params: ById,
  answers: { 200: EffectiveSettings },
  errors: ['not_found'],
} as const satisfies Operation;

export const listRepositories = {
  method: 'GET',
  path: REPOSITORIES,
  permission: 'repository.list',
  summary: 'Lists repositories with their projects',
  query: PageQuery,
  answers: { 200: () => listOf(RepositoryView) },
} as const satisfies Operation;

export const ByRepository = /* @__PURE__ */ lazily(() => z.strictObject({ id: RepositoryId() }));

export const getRepository = {
  method: 'GET',
  path: `${REPOSITORIES}/:id`,
  permission: 'repository.read',
  resource: { repositoryId: 'id' },
  summary: 'One repository with its projects',
  params: ByRepository,
  answers: { 200: RepositoryView },
  errors: ['not_found'],
} as const satisfies Operation;

export const addProject = {
  method: 'POST',
  path: `${REPOSITORIES}/:id/projects`,
  permission: 'project.add',
  resource: { repositoryId: 'id' },
  summary: 'Adds a project to a repository',
  params: ByRepository,
  body: () =>
    z.strictObject({
      name: projectName,
      active: z.boolean().default(true),
      settings: SettingsPatch().default({}),
    }),
  maxBytes: 64 * 1024,
  answers: { 201: ProjectView },
  errors: ['not_found', 'conflict'],
} as const satisfies Operation;

export const projects = {
  listProjects,
  getProject,
  changeProject,
  deleteProject,
  getProjectSettings,
  listRepositories,
  getRepository,
  addProject,
} as const satisfies Operations;
