import { type Connection, type Model, trusted } from 'mongoose';
import {
  type ChannelPatch,
  type ChannelStore,
  MOST_CHANNELS,
  type SealedChannel,
} from '../../../src/notifications/channel.js';
import { keyIdOf } from '../../../src/secrets/envelope.js';
import { CHANNEL_EVENTS } from '../../../src/shared/notification-words.js';
import { cursorOf, limitOf, oneOf, pageOf, text } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { insertedOrThere, retryOnce } from '../shared/write.js';

/** The addresses to which the notifications of projects are sent. */
export function channelStore(connection: Connection): ChannelStore {
  const model = channelModel(connection);
  const one = (projectId: string, id: string) => ({
    _id: text(id, 'the id'),
    projectId: text(projectId, 'the project'),
  });
  return {
    async create({ id, ...channel }) {
      const document = { _id: id, ...channel, keyId: keyIdOf(channel.sealed) };
      await retryOnce(() => insertedOrThere(model.collection.insertOne(document as never)));
    },
    async get(projectId, id) {
      return orNull(await model.findOne(one(projectId, id)).lean<ChannelDocument>());
    },
    async ofProject(projectId, page) {
      const limit = limitOf(page);
      const after = cursorOf(page, /^[0-9a-f]{24}$/);
      const found = await model
        .find({
          projectId: text(projectId, 'the project'),
          ...(after && { _id: trusted({ $gt: after[0] }) }),
        })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .hint('project_id')
        .lean<ChannelDocument[]>();
      return pageOf(found.map(toChannel), { limit, cursor: ({ id }) => id });
    },
    async wanting(projectId, event) {
      const found = await model
        .find({ projectId: text(projectId, 'the project') })
        .sort({ _id: 1 })
        .limit(MOST_CHANNELS)
        .hint('project_id')
        .lean<ChannelDocument[]>();
      const wanted = oneOf(event, CHANNEL_EVENTS);
      return found.filter(({ active, events }) => active && events.includes(wanted)).map(toChannel);
    },
    countOf: (projectId) =>
      model
        .countDocuments({ projectId: text(projectId, 'the project') })
        .hint('project_id')
        .exec(),
    async change(projectId, id, patch) {
      const changed = await model
        .findOneAndUpdate(
          one(projectId, id),
          { $set: withKey(patch), $currentDate: { updatedAt: true } },
          { returnDocument: 'after' },
        )
        .lean<ChannelDocument>();
      return orNull(changed);
    },
    async delete(projectId, id) {
      return (await model.deleteOne(one(projectId, id))).deletedCount === 1;
    },
    async deleteOfProject(projectId) {
      await model.deleteMany({ projectId: text(projectId, 'the project') }).hint('project_id');
    },
  };
}

function withKey(patch: ChannelPatch): object {
  return patch.sealed === undefined ? patch : { ...patch, keyId: keyIdOf(patch.sealed) };
}

function toChannel({ _id, keyId: _keyId, ...rest }: ChannelDocument): SealedChannel {
  return { id: _id, ...rest };
}

function orNull(document: ChannelDocument | null): SealedChannel | null {
  return document && toChannel(document);
}

interface ChannelDocument extends Omit<SealedChannel, 'id'> {
  readonly _id: string;
  /** The key that it is encrypted with, so that those of an old key are found. */
  readonly keyId: string;
}

export const CHANNELS = 'notificationChannels';

const channelSchema = strictSchema<ChannelDocument>({
  _id: String,
  projectId: String,
  kind: String,
  name: String,
  host: String,
  events: [String],
  active: Boolean,
  sealed: String,
  keyId: String,
  createdAt: Date,
  updatedAt: Date,
});

export function channelModel(connection: Connection): Model<ChannelDocument> {
  return connection.model<ChannelDocument>(CHANNELS, channelSchema, CHANNELS);
}
