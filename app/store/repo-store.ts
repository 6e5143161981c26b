import type { Connection, Model } from 'mongoose';
import type { Repo } from '../../src/domain/project.js';
import { VitrineError } from '../../src/domain/errors.js';
import type { RepoStore } from '../../src/ports.js';
import { insertedOrThere } from './duplicate-key.js';
import { MAX_TIME_MS } from './limits.js';
import { apiTokenModel } from './models/api-token.js';
import { repoModel, type RepoDocument } from './models/repo.js';
import { text, whole } from './primitive.js';
import { retryOnce } from './retry-once.js';

type Repos = Model<RepoDocument>;

/**
 * Answers carry no time of their own. One from the installation that just lost the repository is taken for a late one; after
 * this long it is believed again, because the same installation may be given the repository back.
 */
const REMOVAL_STANDS_MS = 10_000;

/** Repositories by GitHub id. */
export function repoStore(connection: Connection): RepoStore {
  const model = repoModel(connection);
  const list = async (filter: object) =>
    (await model.find(filter).sort({ _id: 1 }).lean<RepoDocument[]>()).map(toRepo);
  return {
    save: (repo) => retryOnce(() => save(model, { repo, unlessLost: true })),
    enter: (repo) => retryOnce(() => save(model, { repo, unlessLost: false })),
    async get(id) {
      const found = await model.findOne({ _id: whole(id, 'the id') }).lean<RepoDocument>();
      return found && toRepo(found);
    },
    async byFullName(fullName) {
      // After a rename two may carry one name for a while: the one heard of last has it.
      const filter = { nameKey: keyOf(text(fullName, 'the repository')), removedAt: null };
      const found = await model.findOne(filter).sort({ updatedAt: -1 }).hint('name').lean<RepoDocument>();
      return found && toRepo(found);
    },
    ofInstallation: async (installationId) =>
      list({ installationId: whole(installationId, 'the installation') }),
    all: () => list({}),
    async remove(id) {
      await removed(model, whole(id, 'the id'));
      await apiTokenModel(connection).deleteMany({ 'scope.repoId': id });
    },
  };
}

interface Saving {
  readonly repo: Omit<Repo, 'removedAt'>;
  /** Not when the same installation lost it a moment ago. */
  readonly unlessLost: boolean;
}

async function save(model: Repos, { repo, unlessLost }: Saving): Promise<Repo> {
  const document = toDocument(repo);
  const updated = await updatedWith(model, document, unlessLost ? notJustLost(document) : {});
  if (updated) return toRepo(updated);
  await insertedOrThere(model.collection.insertOne(document as never));
  const stored = await model.findOne({ _id: document._id }).lean<RepoDocument>();
  if (stored) return toRepo(stored);
  throw new VitrineError('unavailable', `Repository ${repo.fullName} could not be stored: try again.`);
}

function notJustLost({ installationId }: RepoDocument): object {
  const longAgo = { $lte: ['$removedAt', { $subtract: ['$$NOW', REMOVAL_STANDS_MS] }] };
  return { $or: [{ removedAt: null }, { removedFrom: { $ne: installationId } }, { $expr: longAgo }] };
}

function updatedWith(
  model: Repos,
  { _id, ...fields }: RepoDocument,
  condition: object,
): Promise<RepoDocument | null> {
  const options = { returnDocument: 'after', maxTimeMS: MAX_TIME_MS } as const;
  return model.collection.findOneAndUpdate(
    { _id, ...condition } as never,
    { $set: fields },
    options,
  ) as Promise<RepoDocument | null>;
}

/** A second removal keeps the first one's installation. */
async function removed(model: Repos, id: number): Promise<void> {
  const update = [{ $set: { removedAt: '$$NOW', removedFrom: '$installationId', installationId: null } }];
  await model.collection.updateOne({ _id: id, removedAt: null } as never, update, { maxTimeMS: MAX_TIME_MS });
}

function toDocument({
  id,
  ownerId,
  fullName,
  defaultBranch,
  installationId,
  private: hidden,
}: Omit<Repo, 'removedAt'>): RepoDocument {
  return {
    _id: whole(id, 'the id'),
    ownerId,
    fullName: text(fullName, 'the repository'),
    nameKey: keyOf(fullName),
    defaultBranch,
    installationId,
    private: hidden,
    removedAt: null,
    removedFrom: null,
    updatedAt: new Date(),
  };
}

function keyOf(fullName: string): string {
  return fullName.toLowerCase();
}

function toRepo(document: RepoDocument): Repo {
  const { _id, ownerId, fullName, defaultBranch, installationId, removedAt } = document;
  return { id: _id, ownerId, fullName, defaultBranch, installationId, private: document.private, removedAt };
}
