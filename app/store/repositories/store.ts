import { type Connection, type Model, type mongo, Schema, trusted } from 'mongoose';
import type { Kept, Repo, RepoStore, SeenRepo } from '../../../src/repositories/model.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Page, PageRequest } from '../../../src/shared/pages.js';
import { apiTokenModel } from '../people/api-tokens.js';
import { cursorOf, limitOf, onlyKeys, pageOf, text, whole } from '../shared/query.js';
import { driverOf, strictSchema, TIMED } from '../shared/schema.js';
import { insertedOrThere, REPEATABLE, retryOnce } from '../shared/write.js';

type Repos = mongo.Collection<RepoDocument>;

/**
 * GitHub's answers carry no time. For this long after a removal, an answer from the same installation is treated as outdated. After
 * that it is accepted, because the installation may have regained the repository.
 */
const REMOVAL_STANDS_MS = 10_000;

/** How often `updatedAt` is written for an unchanged repository. Of two repositories with one name, the newest `updatedAt` counts. */
const SEEN_EVERY_MS = 60_000;

/** Repositories by GitHub id. */
export function repoStore(connection: Connection): RepoStore {
  const model = repoModel(connection);
  const repos = driverOf(model);
  const list = async (filter: object) =>
    (await model.find(filter).sort({ _id: 1 }).lean<RepoDocument[]>()).map(toRepo);
  return {
    save: (repo) => retryOnce(() => save(repos, { repo, unlessJustRemoved: true })),
    enter: (repo) => retryOnce(() => save(repos, { repo, unlessJustRemoved: false })),
    async get(id) {
      const found = await repos.findOne({ _id: whole(id, 'the id') }, TIMED);
      return found && toRepo(found);
    },
    async byFullName(fullName) {
      // After a rename two repositories may have one name for a while: the last updated one is returned.
      const filter = { nameKey: keyOf(text(fullName, 'the repository')), removedAt: null };
      const found = await model.findOne(filter).sort({ updatedAt: -1 }).hint('name').lean<RepoDocument>();
      return found && toRepo(found);
    },
    ofInstallation: async (installationId) =>
      list({ installationId: whole(installationId, 'the installation') }),
    removedFrom: async (installationId) =>
      list({ installationId: null, removedFrom: whole(installationId, 'the installation') }),
    all: () => list({}),
    ...keptAnswers(repos),
    async remove(id, deleteAfter = null) {
      await removed(repos, { id: whole(id, 'the id'), deleteAfter });
      await apiTokenModel(connection).deleteMany({ 'scope.repoId': id });
    },
    async setWithoutDefault(id, value) {
      const change = { $set: { withoutDefault: value } };
      await repos.updateOne({ _id: whole(id, 'the id') }, change, TIMED);
    },
    async toDelete(now, limit) {
      const passed = { deleteAfter: trusted({ $gt: new Date(0), $lte: now }) };
      const found = model.find(passed).sort({ deleteAfter: 1 }).limit(limitOf({ limit }));
      return (await found.hint('delete_after').lean<RepoDocument[]>()).map(toRepo);
    },
    async delete(id) {
      await model.deleteOne({ _id: whole(id, 'the id'), removedAt: trusted({ $ne: null }) });
    },
    list: (filter, page) => listRepos(model, { filter, page }),
  };
}

interface Listing {
  readonly filter: Parameters<RepoStore['list']>[0];
  readonly page: PageRequest;
}

async function listRepos(model: Model<RepoDocument>, { filter, page }: Listing): Promise<Page<Repo>> {
  onlyKeys(filter, ['ids']);
  const limit = limitOf(page);
  const after = cursorOf(page, /^\d{1,16}$/)?.[0];
  const ids = filter.ids?.map((id) => whole(id, 'a repository'));
  const found = await model
    .find({
      _id: trusted({
        ...(ids ? { $in: ids } : { $gt: 0 }),
        ...(after === undefined ? {} : { $lt: Number(after) }),
      }),
    })
    .sort({ _id: -1 })
    .limit(limit + 1)
    .hint('_id_')
    .lean<RepoDocument[]>();
  return pageOf(found.map(toRepo), { limit, cursor: ({ id }) => String(id) });
}

/** What GitHub said of a repository. The epoch refuses an answer that was asked for before the last `forget`. */
function keptAnswers(repos: Repos): Pick<RepoStore, 'keep' | 'doubtPolicy' | 'forgetPermissions'> {
  return {
    async keep({ id, epoch }, answers) {
      const fields = Object.entries(answers).map(([kind, answer]) => [`kept.${kind}`, answer as unknown]);
      const where = { _id: whole(id, 'the id'), epoch: epoch ?? null } as mongo.Filter<RepoDocument>;
      await repos.updateOne(where, { $set: Object.fromEntries(fields) }, { ...TIMED, ...REPEATABLE });
    },
    async doubtPolicy(id) {
      const update = { $set: { 'kept.policy.stale': true }, $inc: { epoch: 1 } };
      const how = { ...TIMED, returnDocument: 'after' } as const;
      const found = await repos.findOneAndUpdate({ _id: whole(id, 'the id') }, update, how);
      return found && toRepo(found);
    },
    async forgetPermissions(where) {
      const filter =
        'id' in where
          ? { _id: whole(where.id, 'the id') }
          : { installationId: whole(where.installationId, 'the installation') };
      await repos.updateMany(filter, { $set: { 'kept.permissions': [] }, $inc: { epoch: 1 } }, TIMED);
    },
  };
}

interface Saving {
  readonly repo: SeenRepo;
  /** Skips the write when the repository was just removed from the same installation. */
  readonly unlessJustRemoved: boolean;
}

/** Every event saves its repository, and few change it: an unchanged one is not written. */
async function save(repos: Repos, saving: Saving): Promise<Repo> {
  const document = toDocument(saving.repo);
  const find = () => repos.findOne({ _id: document._id }, TIMED);
  let known = await find();
  if (!known) {
    if (await insertedOrThere(repos.insertOne(document, REPEATABLE))) return toRepo(document);
    known = await find();
  }
  if (known && isUnchanged(known, document)) return toRepo(known);
  const updated = await updatedWith(repos, document, {
    condition: saving.unlessJustRemoved ? notJustRemoved(document) : {},
    keeps: known !== null && isSame(known, document),
  });
  const stored = updated ?? (await find());
  if (stored) return toRepo(stored);
  throw new VitrineError('unavailable', `Repository ${document.fullName} could not be stored: try again.`);
}

function isUnchanged(known: RepoDocument, document: RepoDocument): boolean {
  const step = document.updatedAt.getTime() - known.updatedAt.getTime();
  return Math.abs(step) < SEEN_EVERY_MS && isSame(known, document);
}

function isSame(known: RepoDocument, document: RepoDocument): boolean {
  return COMPARED_FIELDS.every((field) => known[field] === document[field]);
}

const COMPARED_FIELDS = [
  'ownerId',
  'fullName',
  'defaultBranch',
  'installationId',
  'private',
  'removedAt',
] as const satisfies readonly (keyof RepoDocument)[];

function notJustRemoved({ installationId }: RepoDocument): object {
  const longAgo = { $lte: ['$removedAt', { $subtract: ['$$NOW', REMOVAL_STANDS_MS] }] };
  return { $or: [{ removedAt: null }, { removedFrom: { $ne: installationId } }, { $expr: longAgo }] };
}

interface Updating {
  readonly condition: object;
  /** Only the time of the last event is new: what GitHub said of the repository still counts. */
  readonly keeps: boolean;
}

function updatedWith(
  repos: Repos,
  { _id, ...fields }: RepoDocument,
  { condition, keeps }: Updating,
): Promise<RepoDocument | null> {
  const how = { ...TIMED, ...REPEATABLE, returnDocument: 'after' } as const;
  const update = keeps ? { $set: fields } : { $set: { ...fields, kept: {} }, $inc: { epoch: 1 } };
  return repos.findOneAndUpdate({ _id, ...condition }, update, how);
}

interface Removal {
  readonly id: number;
  readonly deleteAfter: Date | null;
}

/** A second removal keeps the first one's installation. */
async function removed(repos: Repos, { id, deleteAfter }: Removal): Promise<void> {
  const removal = { removedAt: '$$NOW', removedFrom: '$installationId', installationId: null };
  const update = [{ $set: { ...removal, epoch: { $add: [{ $ifNull: ['$epoch', 0] }, 1] } } }];
  await repos.updateOne({ _id: id, removedAt: null }, update, TIMED);
  if (deleteAfter === null) return;
  // The App may have lost it earlier for a reason that leaves more time.
  const sooner = { $or: [{ deleteAfter: null }, { deleteAfter: { $gt: deleteAfter } }] };
  const lost = { _id: id, removedAt: { $ne: null }, ...sooner };
  await repos.updateOne(lost, { $set: { deleteAfter } }, TIMED);
}

function toDocument({
  id,
  ownerId,
  fullName,
  defaultBranch,
  installationId,
  private: hidden,
}: SeenRepo): RepoDocument {
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
    deleteAfter: null,
    updatedAt: new Date(),
  };
}

function keyOf(fullName: string): string {
  return fullName.toLowerCase();
}

function toRepo(document: RepoDocument): Repo {
  const { _id, ownerId, fullName, defaultBranch, installationId, removedAt, kept, epoch } = document;
  return {
    id: _id,
    ownerId,
    fullName,
    defaultBranch,
    installationId,
    private: document.private,
    removedAt,
    ...(kept === undefined ? {} : { kept: readable(kept) }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(document.withoutDefault === true ? { withoutDefault: true } : {}),
    ...(document.deleteAfter ? { deleteAfter: document.deleteAfter } : {}),
  };
}

/** A policy that was doubted before it was ever read has no file. */
function readable({ policy, ...kept }: Kept): Kept {
  return policy !== undefined && 'file' in policy ? { ...kept, policy } : kept;
}

interface RepoDocument extends Omit<Repo, 'id'> {
  /** GitHub's id: the identity. Names are display and change. */
  readonly _id: number;
  /** The full name in lower case, as GitHub compares names. */
  readonly nameKey: string;
  /** The installation that had access before the removal. */
  readonly removedFrom: number | null;
  readonly updatedAt: Date;
}

const REPOS = 'repos';

const repoSchema = strictSchema<RepoDocument>({
  _id: Number,
  ownerId: Number,
  fullName: String,
  nameKey: String,
  defaultBranch: String,
  installationId: Number,
  private: Boolean,
  removedAt: Date,
  removedFrom: Number,
  kept: Schema.Types.Mixed,
  epoch: Number,
  withoutDefault: Boolean,
  deleteAfter: Date,
  updatedAt: Date,
});

export function repoModel(connection: Connection): Model<RepoDocument> {
  return connection.model<RepoDocument>(REPOS, repoSchema, REPOS);
}
