import { type Connection, type Model, Schema, trusted } from 'mongoose';
import type {
  NewProject,
  ProjectFilter,
  ProjectPatch,
  ProjectStore,
  StoredProject,
} from '../../../src/projects/project.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Page, PageRequest } from '../../../src/shared/pages.js';
import { cursorOf, limitOf, onlyKeys, pageOf, text, whole } from '../shared/query.js';
import { driverOf, strictSchema, TIMED } from '../shared/schema.js';
import { insertedOrThere, isDuplicateKey, newId, retryOnce } from '../shared/write.js';

/** Projects; a repository can hold several. */
export function projectStore(connection: Connection): ProjectStore {
  const model = projectModel(connection);
  return {
    async ensure(fresh) {
      const made = await retryOnce(() => insert(model, fresh));
      return made.project;
    },
    async create(fresh) {
      const { project, isNew } = await insert(model, fresh);
      return isNew ? project : null;
    },
    async get(id) {
      const found = await model.findOne({ _id: text(id, 'the id') }).lean<ProjectDocument>();
      return found && toProject(found);
    },
    async ofRepo(repoId) {
      const filter = { repoId: whole(repoId, 'the repository') };
      const how = { ...TIMED, sort: { name: 1 }, hint: 'repo_name' } as const;
      return (await driverOf(model).find(filter, how).toArray()).map(toProject);
    },
    async idsOfRepos(repoIds) {
      if (repoIds.length === 0) return [];
      const filter = { repoId: trusted({ $in: repoIds.map((id) => whole(id, 'the repository')) }) };
      const found = await model.find(filter, { _id: 1 }).hint('repo_name').lean<{ _id: string }[]>();
      return found.map(({ _id }) => _id);
    },
    async list(filter, page) {
      onlyKeys(filter, ['repoId', 'ids']);
      return listProjects(model, { filter, page });
    },
    change: (seen, patch) => change(model, { seen, patch }),
    async deleting(limit) {
      const found = await model
        .find({ deletingAt: trusted({ $gt: new Date(0) }) })
        .sort({ deletingAt: 1 })
        .limit(limitOf({ limit }))
        .hint('deleting')
        .lean<ProjectDocument[]>();
      return found.map(toProject);
    },
    async delete(id) {
      await model.deleteOne({ _id: text(id, 'the id') });
    },
  };
}

interface Inserted {
  readonly project: StoredProject;
  readonly isNew: boolean;
}

/** The caller has already looked for the project, so this inserts first. If only the slug is taken, the fallback slug is tried. */
async function insert(model: Model<ProjectDocument>, fresh: NewProject): Promise<Inserted> {
  const identity = { repoId: whole(fresh.repoId, 'the repository'), name: text(fresh.name, 'the name') };
  const slugs = [text(fresh.slug, 'the slug'), text(fresh.fallbackSlug, 'the other slug')];
  for (const slug of slugs) {
    const document = freshProject(fresh, slug);
    if (await insertedOrThere(model.collection.insertOne(document as never)))
      return { project: toProject(document), isNew: true };
    const stored = await model.findOne(identity).lean<ProjectDocument>();
    if (stored) return { project: toProject(stored), isNew: stored._id === document._id };
  }
  throw new VitrineError('conflict', `Both slugs of project ${fresh.name} are taken: give it another name.`);
}

function freshProject(fresh: NewProject, slug: string): ProjectDocument {
  const { repoId, name, isDefault = false, isAdded = false, active = true, settings = {} } = fresh;
  const now = new Date();
  const document = { _id: newId(), version: 0, repoId, name, slug, active, isDefault, isAdded, settings };
  return { ...document, deletingAt: null, createdAt: now, updatedAt: now };
}

async function change(
  model: Model<ProjectDocument>,
  { seen, patch }: { seen: StoredProject; patch: ProjectPatch },
): Promise<StoredProject | null> {
  onlyKeys(patch, ['name', 'active', 'isAdded', 'settings', 'deletingAt']);
  const name = patch.name === undefined ? {} : { name: text(patch.name, 'the name') };
  try {
    const written = await model
      .findOneAndUpdate(
        { _id: text(seen.id, 'the id'), version: whole(seen.version, 'the version') },
        { $set: { ...patch, ...name }, $inc: { version: 1 }, $currentDate: { updatedAt: true } },
        { returnDocument: 'after' },
      )
      .lean<ProjectDocument>();
    return written && toProject(written);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const taken = `This repository already has a project "${patch.name ?? ''}": choose another name.`;
    throw new VitrineError('conflict', taken, { cause: error });
  }
}

interface Listing {
  readonly filter: ProjectFilter;
  readonly page: PageRequest;
}

async function listProjects(
  model: Model<ProjectDocument>,
  { filter: { repoId, ids }, page }: Listing,
): Promise<Page<StoredProject>> {
  const limit = limitOf(page);
  const after = cursorOf(page, /^[0-9a-f]{24}$/)?.[0];
  const of = ids && { $in: ids.map((id) => text(id, 'a project')) };
  const older = after === undefined ? {} : { $lt: after };
  const found = await model
    .find({
      ...(repoId === undefined ? {} : { repoId: whole(repoId, 'the repository') }),
      _id: trusted({ $gt: '', ...of, ...older }),
    })
    .sort({ _id: -1 })
    .limit(limit + 1)
    .hint(repoId === undefined ? '_id_' : 'repo_id')
    .lean<ProjectDocument[]>();
  return pageOf(found.map(toProject), { limit, cursor: ({ id }) => id });
}

function toProject({ _id, ...rest }: ProjectDocument): StoredProject {
  return { id: _id, ...rest };
}

interface ProjectDocument extends Omit<StoredProject, 'id'> {
  readonly _id: string;
}

const PROJECTS = 'projects';

const projectSchema = strictSchema<ProjectDocument>({
  _id: String,
  version: Number,
  repoId: Number,
  name: String,
  slug: String,
  active: Boolean,
  isDefault: Boolean,
  isAdded: Boolean,
  settings: Schema.Types.Mixed,
  deletingAt: Date,
  createdAt: Date,
  updatedAt: Date,
});

function projectModel(connection: Connection): Model<ProjectDocument> {
  return connection.model<ProjectDocument>(PROJECTS, projectSchema, PROJECTS);
}
