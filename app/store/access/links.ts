import { type Connection, type Model, trusted } from 'mongoose';
import {
  LINK_KINDS,
  type LinkKind,
  type PreviewLink,
  type PreviewLinkStore,
} from '../../../src/access/store.js';
import { cursorOf, limitOf, MAX_TIME_MS, oneOf, pageOf, text } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';

const SHARE: LinkKind = 'share';

/** Links that open protected previews. A token is looked up by its hash, and stored nowhere. */
export function previewLinkStore(connection: Connection): PreviewLinkStore {
  const model = previewLinkModel(connection);
  const open = (now: Date) => ({ expiresAt: trusted({ $gt: now }) });
  const sharedOf = (environmentId: string, now: Date) => ({
    environmentId: text(environmentId, 'the environment'),
    kind: SHARE,
    ...open(now),
  });
  return {
    async create({ id, hash, kind, ...link }) {
      const fields = { ...link, kind: oneOf(kind, LINK_KINDS), tokenHash: text(hash, 'the hash') };
      await model.create([{ _id: id, ...fields }]);
    },
    async byHash(hash, now) {
      const filter = { tokenHash: text(hash, 'the hash'), ...open(now) };
      return orNull(await model.findOne(filter).hint('token').lean<PreviewLinkDocument>());
    },
    async get(id, now) {
      return orNull(
        await model.findOne({ _id: text(id, 'the id'), ...open(now) }).lean<PreviewLinkDocument>(),
      );
    },
    async shared(environmentId, now, page) {
      const limit = limitOf(page);
      const after = cursorOf(page, /^[0-9a-f]{24}$/);
      const found = await model
        .find({ ...sharedOf(environmentId, now), ...(after && { _id: trusted({ $lt: after[0] }) }) })
        .sort({ _id: -1 })
        .limit(limit + 1)
        .hint('environment_kind_id')
        .lean<PreviewLinkDocument[]>();
      return pageOf(found.map(toLink), { limit, cursor: ({ id }) => id });
    },
    countShared: (environmentId, now) =>
      model.countDocuments(sharedOf(environmentId, now)).hint('environment_kind_id'),
    async revoke(environmentId, id) {
      const filter = { _id: text(id, 'the id'), environmentId: text(environmentId, 'the environment') };
      return (await model.deleteOne({ ...filter, kind: SHARE })).deletedCount === 1;
    },
    async deleteOfProject(projectId) {
      await model.deleteMany({ projectId: text(projectId, 'the project') }).hint('project');
    },
    async deleteExpired(before) {
      const ended = { expiresAt: { $lt: before } };
      return (await model.collection.deleteMany(ended, { hint: 'expiry', maxTimeMS: MAX_TIME_MS }))
        .deletedCount;
    },
  };
}

interface PreviewLinkDocument extends Omit<PreviewLink, 'id'> {
  readonly _id: string;
  readonly tokenHash: string;
}

function toLink({ _id, tokenHash: _hash, ...rest }: PreviewLinkDocument): PreviewLink {
  return { id: _id, ...rest };
}

function orNull(found: PreviewLinkDocument | null): PreviewLink | null {
  return found && toLink(found);
}

export const PREVIEW_LINKS = 'previewLinks';

const previewLinkSchema = strictSchema<PreviewLinkDocument>({
  _id: String,
  kind: String,
  environmentId: String,
  projectId: String,
  name: String,
  path: String,
  createdBy: String,
  createdAt: Date,
  expiresAt: Date,
  tokenHash: String,
});

function previewLinkModel(connection: Connection): Model<PreviewLinkDocument> {
  return connection.model<PreviewLinkDocument>(PREVIEW_LINKS, previewLinkSchema, PREVIEW_LINKS);
}
