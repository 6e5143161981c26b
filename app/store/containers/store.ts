import type { Connection } from 'mongoose';
import type { Container, ContainerStore } from '../../../src/containers/container.js';
import { CONTAINER_STATUS, type ContainerStatus } from '../../../src/shared/status/words.js';
import { cursorOf, limitOf, MAX_TIME_MS, oneOf, pageOf, text } from '../shared/query.js';
import { collectionOf } from '../shared/schema.js';
import { retryOnce } from '../shared/write.js';

interface ContainerDocument extends Omit<Container, 'id'> {
  readonly _id: string;
}

const TIME = { maxTimeMS: MAX_TIME_MS };

const STATUSES = Object.values(CONTAINER_STATUS);
const LIVING = STATUSES.filter((word) => word !== CONTAINER_STATUS.stopped);

/** Containers in MongoDB, a document each. */
export function containerStore(connection: Connection): ContainerStore {
  const collection = collectionOf<ContainerDocument>(connection, 'containers');
  return {
    async replace(deploymentId, containers) {
      const filter = { deploymentId: text(deploymentId, 'the deployment') };
      const kept = containers.map(({ engineId }) => text(engineId, 'the container'));
      await collection.deleteMany({ ...filter, engineId: { $nin: kept } }, TIME);
      for (const { id: _id, ...fields } of containers) {
        const same = { ...filter, engineId: fields.engineId };
        const write = { $set: fields, $setOnInsert: { _id: text(_id, 'the id') } };
        await retryOnce(() => collection.updateOne(same, write, { ...TIME, upsert: true }));
      }
    },
    async change({ deploymentId, status: word, at, moved = [] }) {
      const filter = { deploymentId: text(deploymentId, 'the deployment') };
      const status = oneOf(word, STATUSES);
      const isStopped = status === CONTAINER_STATUS.stopped;
      const times = isStopped ? { stoppedAt: at } : { startedAt: at, stoppedAt: null };
      await collection.updateMany(filter, { $set: { status, ...times } }, TIME);
      if (moved.length === 0) return;
      // Read first: one may get the port that another had.
      for (const { _id, host, port } of await collection.find(filter, TIME).toArray()) {
        const found = moved.find(({ from }) => from.host === host && from.port === port);
        if (found) await collection.updateOne({ _id }, { $set: { ...found.to } }, TIME);
      }
    },
    async listOf(environmentId, page) {
      const limit = limitOf(page);
      const after = cursorOf(page, /^[0-9a-f]{24}$/);
      const found = await collection
        .find(
          {
            environmentId: text(environmentId, 'the environment'),
            ...(after && { _id: { $lt: after[0] } }),
          },
          TIME,
        )
        .sort({ _id: -1 })
        .limit(limit + 1)
        .hint('environment_id')
        .toArray();
      const items = found.map(({ _id, ...fields }) => ({ id: _id, ...fields }));
      return pageOf(items, { limit, cursor: ({ id }) => id });
    },
    async counts() {
      const options = { ...TIME, hint: 'status' };
      const count = (status: ContainerStatus) => collection.countDocuments({ status }, options);
      const [starting, running, stopped, ports] = await Promise.all([
        count(CONTAINER_STATUS.starting),
        count(CONTAINER_STATUS.running),
        count(CONTAINER_STATUS.stopped),
        collection.countDocuments({ status: { $in: LIVING }, port: { $gt: 0 } }, options),
      ]);
      return { byStatus: { starting, running, stopped }, ports };
    },
    async deleteOf(deploymentId) {
      await collection.deleteMany({ deploymentId: text(deploymentId, 'the deployment') }, TIME);
    },
  };
}
