import type { Connection } from 'mongoose';
import type { HealthCheck, HealthCheckStore } from '../../../src/deployments/logs/store.js';
import { cursorOf, limitOf, MAX_TIME_MS, pageOf, text } from '../shared/query.js';
import { collectionOf } from '../shared/schema.js';
import { insertedOrThere, REPEATABLE } from '../shared/write.js';

interface HealthCheckDocument extends Omit<HealthCheck, 'id'> {
  readonly _id: string;
}

/** What the health loop found, a document a look. */
export function healthCheckStore(connection: Connection): HealthCheckStore {
  const checks = collectionOf<HealthCheckDocument>(connection, 'healthChecks');
  const deleteOld = async (
    of: { readonly brief?: true },
    { before, limit, index }: { readonly before: Date; readonly limit: number; readonly index: string },
  ): Promise<number> => {
    const old = await checks
      .find({ ...of, checkedAt: { $lt: before } }, { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS })
      .sort({ checkedAt: 1 })
      .limit(limitOf({ limit }))
      .hint(index)
      .toArray();
    await checks.deleteMany({ _id: { $in: old.map(({ _id }) => _id) } });
    return old.length;
  };
  return {
    async add({ id, ...fields }) {
      await insertedOrThere(checks.insertOne({ _id: text(id, 'the id'), ...fields }, REPEATABLE));
    },
    async listOf(deploymentId, page) {
      const limit = limitOf(page);
      const after = cursorOf(page, /^[0-9a-f]{24}$/);
      const filter = {
        deploymentId: text(deploymentId, 'the deployment'),
        ...(after && { _id: { $lt: after[0] } }),
      };
      const found = await checks
        .find(filter, { maxTimeMS: MAX_TIME_MS })
        .sort({ _id: -1 })
        .limit(limit + 1)
        .hint('deployment_id')
        .toArray();
      const items = found.map(({ _id, ...fields }) => ({ id: _id, ...fields }));
      return pageOf(items, { limit, cursor: ({ id }) => id });
    },
    deleteBefore: (before, limit) => deleteOld({}, { before, limit, index: 'checked' }),
    deleteBriefBefore: (before, limit) => deleteOld({ brief: true }, { before, limit, index: 'brief' }),
    async deleteOf(deploymentIds) {
      const ids = deploymentIds.map((id) => text(id, 'the deployment'));
      await checks.deleteMany({ deploymentId: { $in: ids } });
    },
  };
}
