import { type Connection, type Model, trusted } from 'mongoose';
import type { Project, ProjectStore } from '../../../src/projects/project.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { text, whole } from '../shared/query.js';
import { driverOf, strictSchema, TIMED } from '../shared/schema.js';
import { insertedOrThere, newId, retryOnce } from '../shared/write.js';

type Fresh = Parameters<ProjectStore['ensure']>[0];

/** Projects; a repository can hold several. */
export function projectStore(connection: Connection): ProjectStore {
  const model = projectModel(connection);
  return {
    ensure: (fresh) => retryOnce(() => ensure(model, fresh)),
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
    async delete(id) {
      await model.deleteOne({ _id: text(id, 'the id') });
    },
  };
}

/** The caller has already looked for the project, so this inserts first. If only the slug is taken, the fallback slug is tried. */
async function ensure(model: Model<ProjectDocument>, fresh: Fresh): Promise<Project> {
  const identity = { repoId: whole(fresh.repoId, 'the repository'), name: text(fresh.name, 'the name') };
  const slugs = [text(fresh.slug, 'the slug'), text(fresh.fallbackSlug, 'the other slug')];
  for (const slug of slugs) {
    const document = freshProject(fresh, slug);
    if (await insertedOrThere(model.collection.insertOne(document as never))) return toProject(document);
    const stored = await model.findOne(identity).lean<ProjectDocument>();
    if (stored) return toProject(stored);
  }
  throw new VitrineError('conflict', `Both slugs of project ${fresh.name} are taken: give it another name.`);
}

function freshProject({ repoId, name, isDefault = false }: Fresh, slug: string): ProjectDocument {
  const now = new Date();
  return { _id: newId(), repoId, name, slug, active: true, isDefault, createdAt: now, updatedAt: now };
}

/** Older documents do not say whether they are a default. */
function toProject({ _id, isDefault = false, ...rest }: ProjectDocument): Project {
  return { id: _id, isDefault, ...rest };
}

interface ProjectDocument extends Omit<Project, 'id'> {
  readonly _id: string;
}

const PROJECTS = 'projects';

const projectSchema = strictSchema<ProjectDocument>({
  _id: String,
  repoId: Number,
  name: String,
  slug: String,
  active: Boolean,
  isDefault: Boolean,
  createdAt: Date,
  updatedAt: Date,
});

function projectModel(connection: Connection): Model<ProjectDocument> {
  return connection.model<ProjectDocument>(PROJECTS, projectSchema, PROJECTS);
}
